# label: full
"""Upgrading in the middle of a show: `kill -USR1`, start the new sluiced. The new programs are a second set with
another build id in a folder of their own, as an upgrade leaves them."""

import certificates
import compare
import media
import publishers
import pytest
from events import Events
from processes import is_running, wait_until
from sluice import OTHER_BUILD


@pytest.fixture
def show(show_of):
    return show_of(2)


def upgrade(sluice):
    assert sluice.leave() == 0
    sluice.programs = OTHER_BUILD
    sluice.start()


def told_until_replaced(events, old_pids):
    """What was told about each stream until all of them are live in another process."""
    name, snapshot = events.next()
    assert name == "snapshot"
    told = {shown["id"]: [shown] for shown in snapshot["streams"]}

    def replaced(stream):
        last = told[stream][-1]
        return last["state"] == "live" and last["pid"] not in (None, old_pids[stream])

    while not all(replaced(stream) for stream in old_pids):
        _, shown = events.until(lambda name, data: name == "stream")
        told[shown["id"]].append(shown)
    return told


def assert_handed_over(published, before, after):
    """Together the two sessions are what one would have been, and the second begins with a key frame."""
    assert before.over and "unpublish" not in before.names
    for kind in ("video", "audio"):
        compare.run_of(published, before.packets + after.packets, kind)
    compare.assert_relayed(published, before.packets, to_the_end=False)
    compare.assert_relayed(published, after.packets, to_the_end=False)


def test_relays_are_replaced_one_after_the_other_at_a_key_frame_and_no_message_is_lost(sluice, show, film, cleanup):
    platforms, ids, publisher = show
    old_pids = {stream: sluice.stream(stream)["pid"] for stream in ids}
    (ingest,) = sluice.children("sluice-ingest")
    upgrade(sluice)
    told = told_until_replaced(Events(sluice, cleanup), old_pids)

    assert not any(is_running(pid) for pid in old_pids.values())
    for shown in (shown for stream in told.values() for shown in stream):
        assert shown["state"] in ("live", "waiting", "connecting"), shown
        assert shown["state"] == "waiting" or shown["reason"] is None, shown
        assert shown["stats"]["restarts"] == 0, shown
    published = media.packets(film)
    for one in platforms:
        after = one.wait_for_media(count=60, sessions=2)
        assert len(one.sessions()) == 2
        assert_handed_over(published, one.sessions()[0], after)
    # The second one stayed until the first one's successor had media at its platform.
    first, second = sorted(platforms, key=lambda one: one.sessions()[1].arrivals[0])
    assert second.sessions()[0].arrivals[-1] > first.sessions()[1].arrivals[0]
    # OBS notices nothing.
    assert sluice.children("sluice-ingest") == [ingest]
    assert publisher.process.running()


def test_a_stream_over_tls_is_handed_over_and_then_ends_properly(sluice, platform, film, tmp_path, cleanup):
    authority = certificates.Authority(tmp_path / "authority")
    one = platform()
    tunnel = certificates.Stunnel(tmp_path / "stunnel", cleanup, authority.certificate("right", "127.0.0.1"), one.port)
    stream = sluice.add_stream(tunnel.url, key="k", tls_ca=authority.pem)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
    old = sluice.wait_for_state(stream, "live")["pid"]
    upgrade(sluice)
    told_until_replaced(Events(sluice, cleanup), {stream: old})
    after = one.wait_for_media(count=30, sessions=2)
    assert_handed_over(media.packets(film), one.sessions()[0], after)
    assert sluice.switch(stream, False)["pid"] is None
    assert "unpublish" in one.wait_for_end().names


def test_the_ingest_is_replaced_when_nobody_publishes_any_more(sluice, show, short_film, tmp_path, cleanup):
    platforms, ids, publisher = show
    (ingest,) = sluice.children("sluice-ingest")
    upgrade(sluice)
    publisher.stop()
    wait_until(lambda: sluice.children("sluice-ingest") not in ([], [ingest]), "a new ingest", 30)
    assert not is_running(ingest)

    def arrived(one):
        return sum(len(session.packets) for session in one.sessions())

    before = [arrived(one) for one in platforms]
    publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup)
    for one, stream, count in zip(platforms, ids, before):
        wait_until(lambda one=one, count=count: arrived(one) >= count + 60, "media through the new ingest")
        sluice.wait_for_state(stream, "live")
