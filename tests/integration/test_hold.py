# label: full
"""The show goes on when its source does not: what platforms and users see when a publisher breaks off, stops, falls
silent or is replaced, and when one of our own programs dies meanwhile."""

import os
import signal
import time

import compare
import decoders
import holds
import media
import network
import publishers
import pytest
import sink
import wire
from processes import wait_until

REAPPEARS = 12  # second of the film at which it comes back, unless said otherwise


@pytest.fixture
def live(sluice, platform, film, tmp_path, cleanup):
    """Makes one live stream. Returns (stream, platform, publisher)."""

    def make(shown=film, record=False, **settings):
        one = platform(record=record)
        stream = sluice.add_stream(one.url, **settings)["id"]
        publisher = publishers.ffmpeg(shown, sluice.rtmp, tmp_path, cleanup)
        sluice.wait_for_state(stream, "live")
        wait_until(lambda: len(one.last().key_frames) >= 2, "the second key frame")
        return stream, one, publisher

    return make


@pytest.fixture
def come_back(sluice, film, tmp_path, cleanup):
    """The encoder is started again, and plays what was not played before."""
    return lambda shown=film, begin=REAPPEARS: publishers.ffmpeg(shown, sluice.rtmp, tmp_path, cleanup, begin=begin)


def time_passes(seconds):
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, "time passes", seconds + 5)


def parts_of(film, one):
    return holds.stretches(media.packets(film), one.last())


def wait_for_hold(film, one, pictures=10):
    """Some of the hold's pictures are at the platform."""
    wait_until(
        lambda: (lambda last: not last.live and len(last.of("video")) >= pictures)(parts_of(film, one)[-1]),
        "hold pictures",
    )


def wait_for_live(film, one, stretch=2, pictures=10):
    """`stretch`: which live one of the session."""
    wait_until(
        lambda: (lambda found: len(found) >= stretch and len(found[stretch - 1].of("video")) >= pictures)(
            [part for part in parts_of(film, one) if part.live]
        ),
        f"live pictures, for the {stretch}. time", 20,
    )  # fmt: skip


def only_session(one):
    (session,) = one.sessions()
    return session


def assert_one_show(film, one, goodbye=False):
    """Live, hold, live in one session, sound and picture together on both sides."""
    session = only_session(one)
    first, _, second = holds.live_hold_live(media.packets(film), session)
    holds.offset(media.packets(film), first)
    holds.offset(media.packets(film), second)
    assert ("unpublish" in session.names) == goodbye


def reason_of(sluice, stream):
    reason = sluice.stream(stream)["reason"]
    return reason and reason["code"]


# ---- breaking off ----


def test_a_broken_connection_is_held_and_the_show_goes_on_in_the_same_session(sluice, live, come_back, film, figure):
    stream, one, publisher = live()
    killed = time.monotonic_ns()
    publisher.kill()
    shown = sluice.wait_for_state(stream, "holding")
    assert shown["reason"]["code"] == "source_broken"
    assert shown["hold_until"] is not None
    wait_for_hold(film, one, pictures=45)
    back = time.monotonic_ns()
    come_back()
    wait_for_live(film, one)
    assert sluice.wait_for_state(stream, "live")["reason"] is None
    _, held, again = parts_of(film, one)
    figure("publisher killed, first hold frame at the platform", f"{(held.arrivals[0] - killed) / 1e6:.0f} ms")
    figure("publisher started, first live key frame at the platform", f"{(again.arrivals[0] - back) / 1e6:.0f} ms")
    assert_one_show(film, one)
    assert sluice.stream(stream)["stats"]["reconnects"] == 0


def test_a_hold_that_lasts_too_long_ends_the_show_and_the_next_one_is_a_new_session(sluice, live, come_back, film):
    stream, one, publisher = live(hold_s=3)
    publisher.kill()
    sluice.wait_for_state(stream, "holding")
    shown = sluice.wait_for_state(stream, "waiting")
    assert shown["reason"]["code"] == "hold_over"
    assert one.wait_for_end().names[-2:] == ["unpublish", "closed"]
    assert [part.live for part in parts_of(film, one)] == [True, False]
    come_back()
    session = one.wait_for_media(count=30, sessions=2)
    compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)
    assert sluice.wait_for_state(stream, "live")["pid"] == shown["pid"]


def test_without_a_hold_nothing_is_sent_and_the_session_stays_open(sluice, live, come_back, film):
    stream, one, publisher = live(hold_s=0)
    publisher.kill()
    shown = sluice.wait_for_state(stream, "holding")
    assert shown["reason"]["code"] == "source_broken_waiting"
    assert shown["hold_until"] is None
    time_passes(3)
    assert [part.live for part in parts_of(film, one)] == [True]
    come_back()
    wait_for_live(film, one, stretch=1, pictures=120)
    session = only_session(one)
    assert not session.over
    holds.assert_time_goes_on(session.packets)


# ---- stopping ----


def test_a_restart_within_the_grace_continues_the_show(sluice, live, come_back, film):
    stream, one, publisher = live()
    publisher.stop()
    shown = sluice.wait_for_state(stream, "holding")
    assert shown["reason"]["code"] == "source_ended"
    wait_for_hold(film, one)
    come_back()
    wait_for_live(film, one)
    assert_one_show(film, one)


def test_a_clean_stop_ends_the_show_after_the_grace(sluice, live, film):
    stream, one, publisher = live(stop_grace_s=3)
    publisher.stop()
    sluice.wait_for_state(stream, "holding")
    shown = sluice.wait_for_state(stream, "waiting")
    assert shown["reason"]["code"] == "show_ended"
    session = one.wait_for_end()
    assert session.names[-2:] == ["unpublish", "closed"]
    *_, held = holds.stretches(media.packets(film), session)
    assert not held.live
    assert held.packets[-1].timestamp - held.packets[0].timestamp < 3_000


# ---- falling silent ----


def test_a_short_silence_freezes_nothing_and_everything_is_sent_late(sluice, live, film):
    stream, one, publisher = live()
    publisher.process.send_signal(signal.SIGSTOP)
    time_passes(3.5)
    assert sluice.stream(stream)["state"] == "live"
    publisher.process.send_signal(signal.SIGCONT)
    wait_until(lambda: len(only_session(one).key_frames) >= 8, "what came late", 20)
    compare.assert_relayed(media.packets(film), only_session(one).packets, to_the_end=False)


def test_a_silent_publisher_is_held_and_goes_on_in_the_same_connection(sluice, live, film):
    stream, one, publisher = live()
    publisher.process.send_signal(signal.SIGSTOP)
    shown = sluice.wait_for_state(stream, "holding")
    assert shown["reason"]["code"] == "source_silent"
    time_passes(3)
    publisher.process.send_signal(signal.SIGCONT)
    wait_for_live(film, one)
    sluice.wait_for_state(stream, "live")
    assert_one_show(film, one)
    # By the same clock but for some pictures' time: what was missed is missing, nothing else.
    first, _, second = parts_of(film, one)[:3]
    before, after = (holds.offset(media.packets(film), part) for part in (first, second))
    assert abs(before - after) < 100
    assert publisher.process.running()


def test_a_silent_publisher_is_gone_after_15_seconds(sluice, live, come_back, film):
    stream, one, publisher = live()
    publisher.process.send_signal(signal.SIGSTOP)
    assert sluice.wait_for_state(stream, "holding")["reason"]["code"] == "source_silent"
    wait_until(lambda: reason_of(sluice, stream) == "source_broken", "it is gone", 15)
    assert sluice.source()["state"] == "absent"
    come_back()
    wait_for_live(film, one)
    assert_one_show(film, one)


def test_a_pulled_cable_is_held_and_the_connection_that_outlives_it_goes_on(new_sluice, platform, film, tmp_path, cleanup):
    home = network.Namespace(cleanup)
    sluice = new_sluice()
    sluice.rtmp_host = home.outer_address
    sluice.start()
    one = platform()
    stream = sluice.add_stream(one.url)["id"]
    publishers.ffmpeg(
        film, f"rtmp://{home.outer_address}:{sluice.rtmp_port}/live", tmp_path, cleanup, prefix=home.prefix
    )  # fmt: skip
    sluice.wait_for_state(stream, "live")
    wait_until(lambda: len(one.last().key_frames) >= 2, "the second key frame")
    home.pull_the_cable()
    assert sluice.wait_for_state(stream, "holding")["reason"]["code"] == "source_silent"
    home.plug_it_in()
    wait_for_live(film, one)
    assert_one_show(film, one)


# ---- taking over ----


def test_a_second_publisher_takes_over_from_a_stale_first_one(sluice, live, come_back, film):
    stream, one, publisher = live()
    publisher.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: only_session(one).arrivals[-1] < time.monotonic_ns() - 2e9, "nothing comes any more")
    come_back()
    wait_until(lambda: [part for part in parts_of(film, one) if part.live and max(part.numbers) > 60 * REAPPEARS], "the new one")
    session = only_session(one)
    assert not session.over
    holds.assert_time_goes_on(session.packets)
    holds.assert_no_key_frame_follows_another(session.packets)
    assert sluice.stream(stream)["state"] == "live"


@pytest.mark.parametrize(
    "other", [{"size": "640x360"}, {"sound": (44100, 2)}, {"sound": (48000, 1)}, {"b_frames": 2, "encoder": "-preset veryfast"}],
    ids=["size", "audio rate", "audio channels", "profile"],
)  # fmt: skip
def test_other_parameters_get_a_fresh_session_without_a_goodbye(other, sluice, live, come_back, film):
    changed = media.film(seconds=8, **other)
    stream, one, publisher = live()
    publisher.kill()
    wait_for_hold(film, one)
    come_back(changed, begin=0)
    session = one.wait_for_media(count=60, sessions=2)
    compare.assert_relayed(media.packets(changed), session.packets, to_the_end=False)
    before, _ = one.sessions()
    assert "unpublish" not in before.names
    sluice.wait_for_state(stream, "live")


def test_a_takeover_with_another_size_gets_a_fresh_session_too(sluice, live, come_back):
    changed = media.film(seconds=8, size="640x360")
    stream, one, publisher = live()
    publisher.process.send_signal(signal.SIGSTOP)
    come_back(changed, begin=0)
    session = one.wait_for_media(count=60, sessions=2)
    compare.assert_relayed(media.packets(changed), session.packets, to_the_end=False)
    assert "unpublish" not in one.sessions()[0].names
    assert sluice.wait_for_state(stream, "live")["reason"] is None


# ---- our own programs die ----


def test_a_killed_ingest_is_replaced_and_the_publisher_comes_back_by_itself(sluice, platform, film, tmp_path, cleanup, figure):
    platforms = [platform() for _ in range(2)]
    streams = [sluice.add_stream(one.url)["id"] for one in platforms]
    publishers.reconnecting_ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    for one, stream in zip(platforms, streams):
        sluice.wait_for_state(stream, "live")
        wait_until(lambda: len(one.last().key_frames) >= 2, "the second key frame")
    (ingest,) = sluice.children("sluice-ingest")
    killed = time.monotonic()
    os.kill(ingest, signal.SIGKILL)
    wait_until(lambda: sluice.children("sluice-ingest") not in ([], [ingest]), "a new ingest")
    figure("ingest killed, the next one there", f"{(time.monotonic() - killed) * 1000:.0f} ms")
    for one in platforms:
        wait_for_live(film, one)
    for one, stream in zip(platforms, streams):
        sluice.wait_for_state(stream, "live")
        first, _, second = holds.live_hold_live(media.packets(film), only_session(one))
        # FFmpeg's fifo rounds the times of pictures to its own idea of a clock, some milliseconds from the film's.
        skews = [holds.skew(media.packets(film), part) for part in (first, second)]
        assert abs(skews[0] - skews[1]) <= 1


def test_a_relay_killed_during_a_hold_has_a_successor_that_shows_the_same_picture(sluice, live, come_back, film):
    stream, one, publisher = live()
    publisher.kill()
    wait_for_hold(film, one)
    os.kill(sluice.relays()[stream], signal.SIGKILL)
    session = one.wait_for_media(count=30, sessions=2)
    before = one.sessions()[0]
    first = compare.frames(session.packets, "video")[0]
    live_key_frame = [p for p in holds.stretches(media.packets(film), before)[0].of("video") if p.is_key][-1]
    assert (first.is_key, first.hash, first.timestamp) == (True, live_key_frame.hash, 0)
    assert {p.kind for p in session.packets if p.is_header} == {"video", "audio"}
    sluice.wait_for_state(stream, "holding")
    come_back()
    sluice.wait_for_state(stream, "live")
    wait_until(lambda: len(one.last().key_frames) >= 3, "the show goes on")
    assert len(one.sessions()) == 2
    holds.assert_time_goes_on(one.last().packets)
    holds.assert_no_key_frame_follows_another(one.last().packets)


def test_a_manager_killed_during_a_hold_changes_nothing(sluice, live, come_back, film):
    stream, one, publisher = live()
    publisher.kill()
    wait_for_hold(film, one)
    relay = sluice.relays()
    sluice.kill()
    wait_for_hold(film, one, pictures=60)
    sluice.start()
    shown = sluice.wait_for_state(stream, "holding")
    assert shown["reason"]["code"] == "source_broken" and shown["hold_until"] is not None
    come_back()
    wait_for_live(film, one)
    assert_one_show(film, one)
    assert sluice.relays() == relay


def test_a_platform_that_closes_during_a_hold_is_shown_the_picture_again(sluice, live, come_back, film, tmp_path, cleanup):
    stream, one, publisher = live()
    publisher.kill()
    # One that closes sooner, and was never seen for longer, is taken for one that refuses.
    wait_until(lambda: one.last().packets[-1].timestamp > 6_000, "a session of some seconds")
    key_frame = [p for p in parts_of(film, one)[0].of("video") if p.is_key][-1]
    one.process.stop()
    again = sink.Sink(tmp_path / "again", cleanup, port=one.port)
    session = again.wait_for_media(count=30)
    first = compare.frames(session.packets, "video")[0]
    assert (first.hash, first.timestamp) == (key_frame.hash, 0)
    sluice.wait_for_state(stream, "holding")
    come_back()
    sluice.wait_for_state(stream, "live")
    assert len(again.sessions()) == 1
    holds.assert_time_goes_on(again.last().packets)


# ---- silence for a source without sound ----


def test_a_source_without_sound_is_given_silence_in_step_with_its_pictures(sluice, live, come_back):
    silent_film = media.film(seconds=12, sound=None)
    stream, one, publisher = live(silent_film, record=True, silent_audio="on")
    wait_until(lambda: len(one.last().key_frames) >= 4, "some seconds")
    publisher.kill()
    sluice.wait_for_state(stream, "holding")
    pictures = len(compare.frames(one.last().packets, "video"))
    wait_until(lambda: len(compare.frames(one.last().packets, "video")) > pictures + 40, "hold pictures")
    come_back(silent_film, begin=8)
    sluice.wait_for_state(stream, "live")
    wait_until(lambda: one.last().key_frames[-1].timestamp > one.last().packets[-1].timestamp - 500, "a key frame")
    sluice.switch(stream, False)
    session = only_session(one)
    holds.assert_time_goes_on(session.packets)
    video, sound = compare.frames(session.packets, "video"), compare.frames(session.packets, "audio")
    assert sound[0].timestamp < 1_500
    assert abs(video[-1].timestamp - sound[-1].timestamp) < 1_000
    gaps = [b.timestamp - a.timestamp for a, b in zip(sound, sound[1:])]
    assert max(gaps) < 1_000, max(gaps)  # a hold begins when the machine gets round to it
    assert len(decoders.frames_by_ffmpeg(session.recording, "a")) == len(sound)
    assert len(decoders.frames_by_ffmpeg(session.recording, "v")) == len(video)


def test_a_source_without_sound_stays_without_where_silence_is_off(sluice, live, come_back):
    silent_film = media.film(seconds=12, sound=None)
    stream, one, publisher = live(silent_film, silent_audio="off")
    publisher.kill()
    wait_for_hold(silent_film, one)
    assert {p.kind for p in only_session(one).packets} <= {"video", "data"}
