"""Several streams in one relay process (--streams-per-relay): each is still switched, fed and named by itself, and a
crash takes down its pack only."""

import os
import signal

import compare
import media
import publishers
import pytest
from events import Events
from processes import is_running, wait_until
from sluice import OTHER_BUILD
from test_upgrade import assert_handed_over, told_until_replaced


@pytest.fixture
def packed(new_sluice):
    def start(streams_per_relay):
        made = new_sluice()
        made.options = ["--streams-per-relay", str(streams_per_relay)]
        return made.start()

    return start


@pytest.fixture
def show(packed, platform, film, tmp_path, cleanup):
    """`count` live streams. Returns (sluice, platforms, stream ids)."""

    def make(count, streams_per_relay=10):
        sluice = packed(streams_per_relay)
        platforms = [platform() for _ in range(count)]
        ids = [sluice.add_stream(one.url, key="k")["id"] for one in platforms]
        publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
        for one, stream in zip(platforms, ids):
            one.wait_for_media(count=30)
            sluice.wait_for_state(stream, "live")
        return sluice, platforms, ids

    return make


def pids(sluice, ids):
    return [sluice.stream(stream)["pid"] for stream in ids]


def assert_undisturbed(film, *platforms):
    for one in platforms:
        assert len(one.sessions()) == 1
        compare.assert_relayed(media.packets(film), one.last().packets, to_the_end=False)


def test_streams_share_a_process_and_one_goes_off_and_on_without_the_others_noticing(show, film):
    sluice, platforms, ids = show(3)
    (pack,) = set(pids(sluice, ids))
    for session in (2, 3):
        assert sluice.switch(ids[1], False)["pid"] is None
        assert platforms[1].wait_for_end().names[-2:] == ["unpublish", "closed"]
        assert sluice.switch(ids[1], True)["pid"] == pack
        platforms[1].wait_for_media(count=30, sessions=session)
    assert_undisturbed(film, platforms[0], platforms[2])
    for session in platforms[1].sessions():
        compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)


def test_the_last_stream_takes_the_process_with_it_and_the_next_one_gets_another(show):
    sluice, platforms, ids = show(2)
    (pack,) = set(pids(sluice, ids))
    for stream in ids:
        sluice.switch(stream, False)
    wait_until(lambda: not is_running(pack), "the empty process ends")
    assert sluice.switch(ids[0], True)["pid"] not in (None, pack)
    platforms[0].wait_for_media(count=30, sessions=2)


def test_a_killed_process_takes_down_its_streams_only_and_they_are_back(show, film):
    sluice, platforms, ids = show(4, streams_per_relay=2)
    first, second = sorted(set(pids(sluice, ids)), key=pids(sluice, ids).index)
    assert pids(sluice, ids) == [first, first, second, second]
    os.kill(first, signal.SIGKILL)
    for one, stream in zip(platforms[:2], ids[:2]):
        after = one.wait_for_media(count=30, sessions=2)
        assert sluice.wait_for_state(stream, "live")["pid"] not in (None, first, second)
        assert sluice.stream(stream)["stats"]["restarts"] == 1
        # It goes on from the key frame that precedes the last message sent.
        before = one.sessions()[0]
        begin = compare.run_of(media.packets(film), after.packets, "video")
        end = compare.run_of(media.packets(film), before.packets, "video") + len(compare.frames(before.packets, "video"))
        assert begin <= end
    assert_undisturbed(film, *platforms[2:])
    assert pids(sluice, ids[2:]) == [second, second]


def test_a_hanging_process_is_replaced_and_its_streams_are_back(show, film):
    sluice, platforms, ids = show(4, streams_per_relay=2)
    hanging = sluice.stream(ids[0])["pid"]
    os.kill(hanging, signal.SIGSTOP)
    for one, stream in zip(platforms[:2], ids[:2]):
        one.wait_for_media(count=30, sessions=2)
        assert sluice.wait_for_state(stream, "live")["pid"] != hanging
    assert not is_running(hanging)
    assert_undisturbed(film, *platforms[2:])


def test_one_stream_is_edited_and_another_removed_without_the_third_noticing(show, platform, film):
    sluice, platforms, ids = show(3)
    (pack,) = set(pids(sluice, ids))
    elsewhere = platform()
    assert sluice.put(ids[0], server=elsewhere.url).status == 200
    assert sluice.request("DELETE", f"/api/streams/{ids[1]}").status == 204
    for one in platforms[:2]:
        assert one.wait_for_end().names[-2:] == ["unpublish", "closed"]
    elsewhere.wait_for_media(count=30)
    assert sluice.wait_for_state(ids[0], "live")["pid"] == pack
    platforms[2].wait_for_media(count=len(platforms[2].last().packets) + 30)
    assert_undisturbed(film, platforms[2])


def test_a_new_manager_takes_the_pack_over_and_can_still_switch_each_stream(show, film, platform):
    sluice, platforms, ids = show(3)
    (pack,) = set(pids(sluice, ids))
    sluice.kill()
    sluice.start()
    assert pids(sluice, ids) == [pack] * 3
    assert sluice.switch(ids[0], False)["pid"] is None
    platforms[0].wait_for_end()
    added = platform()
    assert sluice.add_stream(added.url, key="k")["pid"] == pack
    added.wait_for_media(count=60)
    for one in platforms[1:]:
        one.wait_for_media(count=len(one.last().packets) + 60)
    assert_undisturbed(film, *platforms[1:])


def test_a_killed_ingest_is_replaced_and_all_sessions_of_the_pack_go_on(show, film, tmp_path, cleanup):
    sluice, platforms, ids = show(2)
    (ingest,) = sluice.children("sluice-ingest")
    os.kill(ingest, signal.SIGKILL)
    wait_until(lambda: sluice.children("sluice-ingest") not in ([], [ingest]), "a new ingest")
    counts = [len(one.last().packets) for one in platforms]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    for one, stream, count in zip(platforms, ids, counts):
        one.wait_for_media(count=count + 60)
        assert len(one.sessions()) == 1
        sluice.wait_for_state(stream, "live")


def test_sigterm_ends_every_stream_properly_and_leaves_no_process(show):
    sluice, platforms, _ = show(3)
    everybody = sluice.processes()
    assert len(everybody) == 3, everybody
    assert sluice.terminate() == 0
    wait_until(lambda: not any(is_running(pid) for pid in everybody), "all processes are gone", 3)
    for one in platforms:
        assert one.wait_for_end().names[-2:] == ["unpublish", "closed"]


def test_each_source_has_packs_of_its_own(packed, platform, film, tmp_path, cleanup):
    sluice = packed(10)
    other = sluice.request("POST", "/api/sources", {"name": "two", "app": "two"}).body["id"]
    one, two = platform(), platform()
    streams = [
        sluice.add_stream(one.url, key="k")["id"],
        sluice.add_stream(two.url, key="k", source=other)["id"],
    ]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    publishers.ffmpeg(film, f"rtmp://127.0.0.1:{sluice.rtmp_port}/two", tmp_path, cleanup)
    for platform_ in (one, two):
        platform_.wait_for_media(count=30)
    assert len(set(pids(sluice, streams))) == 2


def test_an_upgrade_hands_the_streams_of_a_pack_over_one_by_one(show, film, cleanup):
    sluice, platforms, ids = show(2)
    (pack,) = set(pids(sluice, ids))
    assert sluice.leave() == 0
    sluice.programs = OTHER_BUILD
    sluice.start()
    told_until_replaced(Events(sluice, cleanup), dict.fromkeys(ids, pack))
    wait_until(lambda: not is_running(pack), "the old process ends")
    assert len(set(pids(sluice, ids))) == 1
    for one in platforms:
        after = one.wait_for_media(count=60, sessions=2)
        assert len(one.sessions()) == 2
        assert_handed_over(media.packets(film), one.sessions()[0], after)


@pytest.mark.parametrize("before, after", [(1, 10), (10, 1)])
def test_another_number_leaves_running_streams_where_they_are(show, film, platform, before, after):
    sluice, platforms, ids = show(2, streams_per_relay=before)
    old = pids(sluice, ids)
    assert len(set(old)) == (2 if before == 1 else 1)
    sluice.leave()
    sluice.options = ["--streams-per-relay", str(after)]
    sluice.start()
    assert pids(sluice, ids) == old
    added = platform()
    assert sluice.add_stream(added.url, key="k")["pid"] not in (None, *old)
    added.wait_for_media(count=30)
    assert_undisturbed(film, *platforms)
