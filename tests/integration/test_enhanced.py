"""Enhanced RTMP: what Debian's ffmpeg cannot make, made by hand. It passes through untouched."""

import struct

import compare
import flv
import wire
from processes import wait_until

HEVC_CONFIGURATION = bytes.fromhex("0101600000009000000000005df000fcfdf8f800000f00")
AV1_CONFIGURATION = bytes.fromhex("81050c000a0b0000002d4cffb3ccaf9004")


def video(packet_type, four_cc, body, *, key=False):
    return bytes([0x80 | (1 if key else 2) << 4 | packet_type]) + four_cc + body


def audio(packet_type, four_cc, body):
    return bytes([0x90 | packet_type]) + four_cc + body


def send(publisher, frames, first=0):
    for number, (type_id, payload) in enumerate(frames, first):
        publisher.send(type_id, number * 20, payload)


def publish(sluice, sequence_start, frames):
    publisher = wire.Publisher(sluice.rtmp_port)
    assert publisher.accepted
    for type_id, payload in sequence_start:
        publisher.send(type_id, 0, payload)
    send(publisher, frames)
    return publisher


def relayed(sluice, platform, sequence_start, frames):
    """Publishes to a platform that is on, and expects every message there."""
    one = platform()
    stream = sluice.add_stream(one.url)["id"]
    publisher = publish(sluice, sequence_start, frames[:1])
    # A platform begins at the newest key frame: the others are sent when the first has arrived.
    one.wait_for_media(count=len(sequence_start) + 1)
    send(publisher, frames[1:], first=1)
    sent = [p for p in publisher.sent if p.kind != "data"]
    session = one.wait_for_media(count=len(sent))
    sluice.wait_for_state(stream, "live")
    assert [p.hash for p in session.packets if p.kind != "data"] == [p.hash for p in sent]
    return publisher, session


def hevc_frames(count=30):
    composition = struct.pack(">i", 40)[1:]
    return [
        (wire.VIDEO, video(1, b"hvc1", composition + wire.unique(300, ("hevc", n)), key=n % 10 == 0))
        for n in range(count)
    ]


def test_hevc_passes_untouched(sluice, platform):
    start = [(wire.VIDEO, video(0, b"hvc1", HEVC_CONFIGURATION, key=True))]
    _, session = relayed(sluice, platform, start, hevc_frames())
    assert session.packets[0].is_header or session.packets[1].is_header
    assert len(session.key_frames) == 3


def test_a_late_platform_starts_at_an_hevc_key_frame(sluice, platform):
    start = [(wire.VIDEO, video(0, b"hvc1", HEVC_CONFIGURATION, key=True))]
    publisher = publish(sluice, start, hevc_frames(35))
    late = platform()
    sluice.add_stream(late.url)
    session = late.wait_for_media(count=6)
    media = [p for p in session.packets if p.kind == "video"]
    assert media[0].is_header
    assert media[1].is_key and media[1].hash == [p for p in publisher.sent if p.is_key][-1].hash
    compare.run_of(publisher.sent, session.packets, "video")


def test_a_platform_that_lists_other_codecs_is_sent_nothing_and_the_stream_says_why(sluice, bad_platform):
    start = [(wire.VIDEO, video(0, b"hvc1", HEVC_CONFIGURATION, key=True))]
    publisher = publish(sluice, start, hevc_frames(5))
    wait_until(lambda: (sluice.source()["video"] or {}).get("codec") == "hevc", "the source's codec is known")
    commands = []
    stream = sluice.add_stream(bad_platform(wire.taking_only("avc1", "av01", commands=commands)).url)["id"]
    reason = sluice.wait_for_state(stream, "refused")["reason"]
    assert reason["code"] == "codec_not_accepted"
    assert reason["params"] == {"codec": "hevc"}
    assert commands[0][2]["fourCcList"] == ["hvc1"]
    assert {command[0] for command in commands} <= {"connect", "releaseStream", "FCPublish", "createStream"}
    assert sluice.source()["state"] == "publishing" and publisher.accepted


def test_av1_with_opus_passes_untouched(sluice, platform):
    start = [
        (wire.VIDEO, video(0, b"av01", AV1_CONFIGURATION, key=True)),
        (wire.AUDIO, audio(0, b"Opus", b"OpusHead" + bytes([1, 2, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0]))),
    ]
    frames = [(wire.VIDEO, video(1, b"av01", wire.unique(100, "first"), key=True))]
    for n in range(30):
        frames.append((wire.AUDIO, audio(1, b"Opus", wire.unique(90, ("opus", n)))))
        frames.append((wire.VIDEO, video(1, b"av01", wire.unique(200, ("av1", n)), key=n == 15)))
    publisher, _ = relayed(sluice, platform, start, frames)
    source = wait_until(lambda: (lambda s: s if s["video"] and s["audio"] else None)(sluice.source()), "facts")
    shown = source["video"]
    assert (shown["codec"], shown["width"], shown["height"]) == ("av1", 1280, 720)
    shown = source["audio"]
    assert (shown["codec"], shown["sample_rate"], shown["channels"]) == ("opus", 48000, 2)
    publisher.stop()


def test_what_is_not_known_of_a_codec_is_null(sluice):
    start = [
        (wire.VIDEO, video(0, b"vp09", bytes.fromhex("010000000028080101010000"), key=True)),
        (wire.AUDIO, audio(0, b"fLaC", b"fLaC" + bytes(38))),
    ]
    publisher = publish(sluice, start, [(wire.VIDEO, video(1, b"vp09", wire.unique(100, "key"), key=True))])
    source = wait_until(lambda: (lambda s: s if s["video"] and s["audio"] else None)(sluice.source()), "facts")
    unknown = dict.fromkeys(("width", "height", "frame_rate", "key_frame_interval_ms", "b_frames"))
    assert source["video"] == {"codec": "vp9", **unknown, "kbps": source["video"]["kbps"]}
    assert source["audio"] == {"codec": "flac", "sample_rate": None, "channels": None, "kbps": source["audio"]["kbps"]}
    publisher.stop()


def test_a_second_video_track_passes_untouched(sluice, platform):
    """OBS's multitrack video: track 0 in the old form, others as Multitrack messages."""
    configuration = bytes.fromhex("0142c00dffe1000a6742c00dd9014101fb01000468ce3c80")
    start = [
        (wire.VIDEO, b"\x17\x00\x00\x00\x00" + configuration),
        (wire.VIDEO, bytes([0x96, 0x00]) + b"avc1\x01" + configuration),
    ]
    frames = []
    for n in range(20):
        key = n % 10 == 0
        frames.append((wire.VIDEO, (b"\x17" if key else b"\x27") + b"\x01\x00\x00\x00" + wire.unique(200, ("t0", n))))
        frames.append(
            (wire.VIDEO, bytes([0x96 if key else 0xA6, 0x01]) + b"avc1\x01\x00\x00\x00" + wire.unique(80, ("t1", n)))
        )
    relayed(sluice, platform, start, frames)


def test_sound_alone_is_live_without_a_picture(sluice, platform):
    start = [(wire.AUDIO, b"\xaf\x00\x11\x90")]
    frames = [(wire.AUDIO, b"\xaf\x01" + wire.unique(120, ("aac", n))) for n in range(150)]
    _, session = relayed(sluice, platform, start, frames)
    assert {p.kind for p in session.packets} <= {"audio", "data"}


def test_repeated_sequence_headers_and_empty_sound_are_left_out(sluice, platform):
    configuration = b"\x17\x00\x00\x00\x00" + bytes.fromhex("0142c00dffe1000a6742c00dd9014101fb01000468ce3c80")
    one = platform()
    sluice.add_stream(one.url)
    publisher = wire.Publisher(sluice.rtmp_port)
    publisher.send(wire.VIDEO, 0, configuration)
    publisher.send(wire.VIDEO, 0, b"\x17\x01\x00\x00\x00" + wire.unique(200, "key"))
    publisher.send(wire.VIDEO, 33, configuration)
    publisher.send(wire.AUDIO, 33, b"")
    publisher.send(wire.VIDEO, 66, b"\x27\x01\x00\x00\x00" + wire.unique(200, "next"))
    session = one.wait_for_media(count=3)
    assert [p.hash for p in session.packets if p.kind != "data"] == [
        publisher.sent[0].hash, publisher.sent[1].hash, publisher.sent[4].hash,
    ]  # fmt: skip


def test_a_timestamp_that_wraps_at_32_bits_goes_on(sluice, platform):
    one = platform()
    sluice.add_stream(one.url)
    publisher = wire.Publisher(sluice.rtmp_port)
    begin = 2**32 - 100
    for n in range(10):
        key = b"\x17" if n == 0 else b"\x27"
        publisher.send(wire.VIDEO, (begin + n * 33) % 2**32, key + b"\x01\x00\x00\x00" + wire.unique(200, ("wrap", n)))
    session = one.wait_for_media(count=10)
    assert [p.timestamp for p in session.packets if p.kind == "video"] == [n * 33 for n in range(10)]


def test_metadata_reaches_the_platform(sluice, platform):
    one = platform()
    sluice.add_stream(one.url)
    publisher = wire.Publisher(sluice.rtmp_port)
    metadata = wire.amf("@setDataFrame", "onMetaData", {"width": 320.0, "encoder": "a test"})
    publisher.send(wire.DATA, 0, metadata)
    publisher.send(wire.VIDEO, 0, b"\x17\x01\x00\x00\x00" + wire.unique(200, "key"))
    session = one.wait_for_media(count=1)
    assert session.packets[0].kind == "data"
    assert session.packets[0].hash == flv.describe(wire.DATA, 0, metadata).hash
