# label: full
"""Publishers that send garbage, take too long or take the place of another: dropped with a reason, unnoticed
by everybody else."""

import contextlib
import socket

import compare
import media
import publishers
import pytest
import wire
from processes import wait_until

COMPLETE_HANDSHAKE = b"\x03" + bytes(1536) + bytes(1536)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00" + bytes(600),
        b"\x06" + bytes(1536),
        COMPLETE_HANDSHAKE + b"\xff" * 5000,
        COMPLETE_HANDSHAKE + b"\x02\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00\x00\x00\x00\x00\x00",
        COMPLETE_HANDSHAKE + b"\x03\x00\x00\x00\xff\xff\xff\x14\x00\x00\x00\x00" + bytes(70000),
        COMPLETE_HANDSHAKE + b"\x03\x00\x00\x00\x00\x00\x05\x14\x00\x00\x00\x00\x02\x00\xff\x00\x00",
    ],
    ids=["http", "tls", "rtmpe", "wild chunks", "chunk size 0", "huge command", "broken AMF"],
)
def test_garbage_is_dropped_and_nobody_notices(data, sluice, platform, short_film, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url, hold_s=0)
    publisher = publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup, seconds=3)
    one.wait_for_media(count=10)
    with socket.create_connection(("127.0.0.1", sluice.rtmp_port), 10) as caller:
        caller.sendall(data)
        caller.settimeout(15)
        try:
            while caller.recv(65536):
                pass
        except ConnectionError:
            pass  # dropped by a reset
    publisher.finish()
    compare.assert_relayed(media.packets(short_film), one.last().packets, to_the_end=False)
    assert sluice.request("GET", "/api/health").status == 200


def test_a_dropped_publisher_leaves_a_reason_in_the_log(sluice):
    with socket.create_connection(("127.0.0.1", sluice.rtmp_port), 10) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        caller.settimeout(15)
        try:
            while caller.recv(65536):
                pass
        except ConnectionError:
            pass
    wait_until(lambda: any("127.0.0.1:" in text and "does not speak RTMP" in text for text in sluice.logs().values()), "a logged reason")


@pytest.fixture
def show_beside(sluice, platform, short_film, tmp_path, cleanup):
    """A show on source 1 that must not notice anything. Returns a function that checks it at the end."""
    one = platform()
    sluice.add_stream(one.url, hold_s=0)
    publisher = publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=10)

    def unharmed():
        publisher.finish()
        (session,) = one.sessions()
        compare.assert_relayed(media.packets(short_film), session.packets, to_the_end=False)

    return unharmed


@pytest.fixture
def guest(sluice, platform):
    """(publisher of a second source, the stream that carries it, its platform), live."""
    source = sluice.request("POST", "/api/sources", {"app": "guests"}).body["id"]
    one = platform()
    stream = sluice.add_stream(one.url, source=source)["id"]
    publisher = wire.Publisher(sluice.rtmp_port, "guests")
    publisher.send(wire.VIDEO, 0, b"\x17\x00\x00\x00\x00" + AVC_CONFIGURATION)
    publisher.send(wire.VIDEO, 0, b"\x17\x01\x00\x00\x00" + wire.unique(200, "key"))
    one.wait_for_media(count=2)
    sluice.wait_for_state(stream, "live")
    return publisher, stream, one


def wait_until_dropped(publisher, patience):
    publisher.connection.socket.settimeout(patience)
    with contextlib.suppress(ConnectionError):
        while publisher.connection.socket.recv(65536):
            pass


def test_a_message_above_a_quarter_of_the_ring_drops_its_publisher_only(sluice, show_beside, guest):
    publisher, stream, one = guest
    pid = sluice.stream(stream)["pid"]
    publisher.connection.set_chunk_size(1 << 20)
    head = b"\x17\x01\x00\x00\x00"
    publisher.send(wire.VIDEO, 40, head + wire.unique((8 << 20) - 1024, "fits"))
    session = one.wait_for_media(count=3)
    assert session.packets[-1].hash == publisher.sent[-1].hash
    with contextlib.suppress(ConnectionError):
        publisher.send(wire.VIDEO, 80, head + wire.unique(8 << 20, "too large"))
    wait_until_dropped(publisher, 10)
    wait_until(
        lambda: any("publisher dropped" in text and "quarter of the ring" in text for text in sluice.logs().values()),
        "a logged reason",
    )
    # Its own relay has lost the source, nothing else.
    shown = sluice.wait_for_state(stream, "holding")
    assert (shown["pid"], shown["reason"]["code"]) == (pid, "source_broken")
    assert publisher.sent[-1].hash not in {packet.hash for packet in one.last().packets}
    show_beside()


def test_a_publisher_that_falls_silent_is_dropped(sluice, show_beside, guest):
    publisher, stream, _ = guest
    wait_until_dropped(publisher, 30)
    wait_until(lambda: any("publisher silent" in text for text in sluice.logs().values()), "a logged reason")
    wait_until(lambda: sluice.stream(stream)["reason"]["code"] == "source_broken", "it is told")
    assert sluice.stream(stream)["state"] == "holding"
    show_beside()


def test_a_caller_that_says_nothing_is_dropped_after_the_deadline(sluice):
    with socket.create_connection(("127.0.0.1", sluice.rtmp_port), 10) as caller:
        caller.settimeout(14)
        assert caller.recv(1) == b""


def test_a_second_publisher_takes_over_from_a_first_that_hangs(sluice, platform, film, tmp_path, cleanup):
    """OBS reconnects while its dead connection still holds the name."""
    hanging = wire.Publisher(sluice.rtmp_port)
    assert hanging.accepted
    one = platform()
    sluice.add_stream(one.url)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    session = one.wait_for_media(count=60, timeout=20)
    compare.run_of(media.packets(film), session.packets, "video")


def test_too_long_a_name_is_refused_not_cut(sluice):
    with pytest.raises((EOFError, ConnectionError, AssertionError)):
        publisher = wire.Publisher(sluice.rtmp_port, key="k" * 1025)
        assert publisher.accepted
    assert sluice.source()["state"] != "publishing"


def test_a_chunk_stream_cut_at_every_byte_of_the_socket_is_understood(sluice, platform):
    """Each byte of a publish in a TCP segment of its own."""
    one = platform()
    sluice.add_stream(one.url)
    publisher = wire.Publisher(sluice.rtmp_port)
    raw = publisher.connection.socket

    class ByteByByte:
        def sendall(self, data):
            for index in range(len(data)):
                raw.sendall(data[index : index + 1])

    publisher.connection.socket = ByteByByte()
    publisher.send(wire.VIDEO, 0, bytes.fromhex("1700000000") + AVC_CONFIGURATION)
    publisher.send(wire.VIDEO, 0, b"\x17\x01\x00\x00\x00" + wire.unique(200, 1))
    publisher.send(wire.VIDEO, 33, b"\x27\x01\x00\x00\x00" + wire.unique(200, 2))
    session = one.wait_for_media(count=3)
    publisher.connection.socket = raw
    assert [p.hash for p in session.packets if p.kind == "video"] == [p.hash for p in publisher.sent]


AVC_CONFIGURATION = bytes.fromhex("0142c00dffe1000a6742c00dd9014101fb01000468ce3c80")
