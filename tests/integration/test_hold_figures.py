# label: full
"""What a hold costs, and how exactly the show goes on, in figures; with as many breaks as a bad day has."""

import json
import os
import time

import compare
import decoders
import figures
import flv
import holds
import media
import publishers
import wire
from processes import wait_until

BREAKS = 1000 if os.environ.get("SLUICE_LONG") == "1" else 100
PICTURES_PER_BREAK = 8  # a quarter of a second of the show


def reels(film):
    """The groups of pictures of a film, over and over, each as (sequence headers, frames of its first quarter second);
    with a mark in each picture, so that none is like another."""
    every = [tag for tag in flv.tags(film) if tag[0] in (wire.AUDIO, wire.VIDEO)]
    headers = [tag for tag in every if flv.describe(*tag).is_header]
    starts = [number for number, tag in enumerate(every) if flv.describe(*tag).is_key]
    for number in range(BREAKS + 1):
        begin = starts[number % len(starts)]
        frames, pictures = [], 0
        for type_id, timestamp, payload in every[begin:]:
            pictures += type_id == wire.VIDEO
            if pictures > PICTURES_PER_BREAK:
                break
            frames.append((type_id, timestamp, marked(payload, (number, len(frames)))))
        yield headers, frames


def marked(payload, mark):
    """A picture with a message for nobody (SEI, user data unregistered) before its slices; a hold leaves it out. Sound
    stays as it is."""
    if payload[0] >> 4 == 10:
        return payload
    text = wire.unique(32, mark).hex().encode()
    unit = bytes([6, 5, len(text)]) + text + b"\x80"
    return payload[:5] + len(unit).to_bytes(4, "big") + unit + payload[5:]


def play(publisher, headers, frames):
    """At the pace of the clock, times from 0. Whoever pauses this process meanwhile makes it late, not faster."""
    begun, first = time.monotonic(), frames[0][1]
    for type_id, _, payload in headers:
        publisher.send(type_id, 0, payload)
    for type_id, timestamp, payload in frames:
        due = begun + (timestamp - first) / 1000
        wait_until(lambda: time.monotonic() >= due, "the frame is due")
        publisher.send(type_id, timestamp - first, payload)


def test_a_hundred_breaks_leave_one_session_that_decodes(sluice, platform, film, figure):
    one = platform(record=True)
    stream = sluice.add_stream(one.url)["id"]
    published, gone_at, back_at = [], [], []
    for headers, frames in reels(film):
        back_at.append(time.monotonic_ns())
        publisher = wire.Publisher(sluice.rtmp_port)
        play(publisher, headers, frames)
        sluice.wait_for_state(stream, "live")
        gone_at.append(time.monotonic_ns())
        publisher.break_off()
        published += publisher.sent
        known = {packet.hash for packet in publisher.sent}
        wait_until(lambda: newest_picture(one)["hash"] not in known, "a hold picture")
    pictures = compare.hashes([p for p in published if p.kind == "video"], "video")
    sluice.switch(stream, False)

    (session,) = one.sessions()
    parts = pictures_live_and_held(pictures, session)
    assert [live for live, _ in parts][:-1] == [True, False] * BREAKS + [True]
    arrived = [p.hash for live, packets in parts if live for p, _ in packets]
    assert arrived == pictures
    holds.assert_time_goes_on(session.packets)
    holds.assert_no_key_frame_follows_another(session.packets)
    shown = decoders.frames_by_ffmpeg(session.recording, "v")
    assert len(shown) == len(compare.frames(session.packets, "video"))

    figure("platform sessions over breaks", f"1 session, {BREAKS} breaks, {len(pictures)} of {len(pictures)} pictures arrived")
    begins = [packets[0][1] for _, packets in parts]
    session_seconds = [packets[0][0].timestamp / 1000 for _, packets in parts]
    passed = (begins[-1] - begins[0]) / 1e9
    figure(f"session time after {passed:.0f} s of breaks", f"{(session_seconds[-1] - passed) * 1000:+.0f} ms against the clock")
    figure("source gone, first hold picture at the platform", figures.milliseconds(since(gone_at[:BREAKS], begins[1::2])))
    figure("source back, its first key frame at the platform", figures.milliseconds(since(back_at[1:], begins[2::2])))


def newest_picture(one):
    """Of the journal, which grows too long to be read whole each time."""
    (path,) = one.journals.glob("*.jsonl")
    with open(path, "rb") as journal:
        journal.seek(max(0, path.stat().st_size - 4096))
        lines = journal.read().decode().split("\n")[1:-1]
    return next(entry for entry in map(json.loads, reversed(lines)) if entry["kind"] == "video")


def since(before, after):
    return [(b - a) / 1e9 for a, b in zip(before, after)]


def pictures_live_and_held(published, session):
    """[(live or held, [(packet, arrival)…])…]"""
    known, parts = set(published), []
    for packet, arrival in zip(session.packets, session.arrivals):
        if not compare.frames([packet], "video"):
            continue
        live = packet.hash in known
        if not parts or parts[-1][0] != live:
            parts.append((live, []))
        parts[-1][1].append((packet, arrival))
    return parts


def test_after_ten_holds_sound_and_picture_are_where_they_were(sluice, platform, tmp_path, cleanup, figure):
    film = media.film(b_frames=2, encoder="-preset veryfast -b:v 400k")
    published = media.packets(film)
    one = platform(record=True)
    stream = sluice.add_stream(one.url)["id"]
    for begin in range(0, 33, 3):
        publisher = publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup, begin=begin)
        sluice.wait_for_state(stream, "live")
        heard = len(one.last().key_frames)
        wait_until(lambda: len(one.last().key_frames) > heard, "the next key frame")
        publisher.kill()
        sluice.wait_for_state(stream, "holding")
    sluice.switch(stream, False)

    (session,) = one.sessions()
    holds.assert_time_goes_on(session.packets)
    holds.assert_no_key_frame_follows_another(session.packets)
    live = [part for part in holds.stretches(published, session) if part.live]
    assert len(live) == 11
    skews = [abs(holds.skew(published, part)) for part in live]
    for part in live:
        holds.offset(published, part)
    decoders.frames_by_ffmpeg(session.recording, "v")
    figure("largest A/V skew after ten holds", f"{max(skews)} ms")


def test_a_hold_at_1080p30_costs_a_fraction_of_the_live_show(sluice, platform, tmp_path, cleanup, figure):
    encoder = "-preset ultrafast -profile:v high -x264-params cabac=1:weightp=2 -b:v 6M"
    film = media.film(5, 2, size="1920x1080", encoder=encoder, gop_seconds=2)
    one = platform()
    stream = sluice.add_stream(one.url)["id"]
    publisher = publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    wait_until(lambda: one.last() and len(one.last().key_frames) >= 2, "the second key frame")
    publisher.kill()
    sluice.wait_for_state(stream, "holding")
    begin = one.last().packets[-1].timestamp
    wait_until(lambda: one.last().packets[-1].timestamp > begin + 4_500, "some seconds of the hold", 20)
    sluice.switch(stream, False)
    live, held = holds.stretches(media.packets(film), one.last())
    whole = whole_groups(held.of("video"))
    seconds = (whole[-1].timestamp - whole[0].timestamp) / 1000
    copies = [p for p in whole if not p.is_key]
    rates = {
        "in all": held_kbps(held, whole[0].timestamp, whole[-1].timestamp),
        "key frames": sum(p.size for p in whole[:-1] if p.is_key) * 8 / seconds / 1000,
        "copies": sum(p.size for p in copies) * 8 / seconds / 1000,
    }
    live_kbps = held_kbps(live, live.packets[0].timestamp, live.packets[-1].timestamp)
    figure(
        "bytes per second of a hold at 1080p30",
        f"{rates['in all'] * 125:.0f} ({rates['in all']:.0f} kbit/s: key frames {rates['key frames']:.0f}, "
        f"copies {rates['copies']:.0f} of {copies[0].size} bytes each; live {live_kbps:.0f} kbit/s)",
    )
    assert len(copies) == 59 * round(seconds / 2)
    assert rates["in all"] < live_kbps / 2


def whole_groups(pictures):
    """From the first key frame to the last."""
    places = [number for number, p in enumerate(pictures) if p.is_key]
    return pictures[places[0] : places[-1] + 1]


def held_kbps(stretch, begin, end):
    return sum(p.size for p in stretch.packets if begin <= p.timestamp < end) * 8 / (end - begin)
