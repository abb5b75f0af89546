"""Starting, stopping, crashing, re-adopting: nothing stops that need not, and nothing is left over."""

import os
import signal
import sqlite3
import subprocess
import time

import compare
import media
import publishers
import pytest
from processes import BIN, Process, free_port, is_running, machine_refuses, wait_until


@pytest.fixture
def show(show_of):
    return show_of(3)


def test_sigterm_ends_every_stream_properly_and_leaves_no_process(sluice, show):
    platforms, _, _ = show
    everybody = sluice.processes()
    assert len(everybody) == 5, everybody
    assert sluice.terminate() == 0
    wait_until(lambda: not any(is_running(pid) for pid in everybody), "all processes are gone", 3)
    for one in platforms:
        assert one.wait_for_end().names[-2:] == ["unpublish", "closed"]


def test_a_killed_relay_is_replaced_and_the_others_lose_nothing(sluice, show, film):
    platforms, ids, _ = show
    pid = sluice.stream(ids[0])["pid"]
    os.kill(pid, signal.SIGKILL)
    platforms[0].wait_for_media(count=30, sessions=2)
    shown = sluice.wait_for_state(ids[0], "live")
    assert shown["pid"] not in (None, pid)
    assert shown["stats"]["restarts"] == 1
    published = media.packets(film)
    for one in platforms[1:]:
        compare.assert_relayed(published, one.last().packets, to_the_end=False)
        assert len(one.sessions()) == 1
    before, after = platforms[0].sessions()
    assert "unpublish" not in before.names
    # It goes on from the key frame that precedes the last message sent: nothing in between is missing.
    first_after = compare.run_of(published, after.packets, "video")
    ended_before = compare.run_of(published, before.packets, "video") + len(compare.frames(before.packets, "video"))
    assert first_after <= ended_before
    compare.assert_relayed(published, after.packets, to_the_end=False)


def test_a_killed_ingest_is_replaced_and_platform_sessions_are_kept(sluice, show, film, tmp_path, cleanup):
    platforms, ids, publisher = show
    (ingest,) = sluice.children("sluice-ingest")
    os.kill(ingest, signal.SIGKILL)
    publisher.process.stop(signal.SIGKILL)
    counts = [len(one.last().packets) for one in platforms]
    wait_until(lambda: sluice.children("sluice-ingest") not in ([], [ingest]), "a new ingest")
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    for one, count in zip(platforms, counts):
        one.wait_for_media(count=count + 60)
        assert len(one.sessions()) == 1
    for stream in ids:
        sluice.wait_for_state(stream, "live")


def reason_code(stream):
    return stream["reason"] and stream["reason"]["code"]


def test_after_the_ingests_death_streams_hold_and_nothing_of_the_dead_show_is_sent(sluice, show, platform):
    platforms, ids, publisher = show
    (ingest,) = sluice.children("sluice-ingest")
    os.kill(ingest, signal.SIGKILL)
    publisher.process.stop(signal.SIGKILL)
    for stream in ids:
        assert sluice.wait_for_state(stream, "holding")["reason"]["code"] == "source_broken"
    late = platform()
    added = sluice.add_stream(late.url)["id"]
    sluice.put(ids[0], hold_s=0)
    platforms[0].process.stop()
    for stream in (added, ids[0]):
        wait_until(lambda: reason_code(sluice.stream(stream)) == "source_absent", "it waits for the source")
        assert sluice.stream(stream)["state"] == "waiting"
    assert late.sessions() == []


@pytest.mark.parametrize("way", ["leave", "kill"])
def test_a_new_sluiced_takes_the_running_streams_over(way, sluice, show, film):
    platforms, ids, publisher = show
    children = sorted(sluice.children("sluice-relay") + sluice.children("sluice-ingest"))
    assert len(children) == 4
    code = getattr(sluice, way)()
    if way == "leave":
        assert code == 0
    assert all(is_running(pid) for pid in children)
    counts = [len(one.last().packets) for one in platforms]
    for one, count in zip(platforms, counts):
        one.wait_for_media(count=count + 60)  # without any manager
    sluice.start()
    for stream in ids:
        assert sluice.wait_for_state(stream, "live")["pid"] in children
    assert sorted(sluice.children("sluice-relay") + sluice.children("sluice-ingest")) == children
    assert sluice.source()["state"] == "publishing"
    assert publisher.process.running()
    published = media.packets(film)
    for one in platforms:
        session = one.wait_for_media(count=len(one.last().packets) + 30)
        assert len(one.sessions()) == 1
        compare.assert_relayed(published, session.packets, to_the_end=False)
    # And they are fully its own: it can switch them.
    pid = sluice.stream(ids[0])["pid"]
    assert sluice.switch(ids[0], False)["pid"] is None
    assert not is_running(pid)
    assert "unpublish" in platforms[0].wait_for_end().names


def test_streams_that_were_on_come_back_after_a_restart(sluice, show, film, tmp_path, cleanup):
    platforms, ids, publisher = show
    sluice.switch(ids[2], False)
    assert sluice.terminate() == 0
    publisher.process.stop()
    sluice.start()
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    for one in platforms[:2]:
        one.wait_for_media(count=30, sessions=2)
    assert sluice.stream(ids[2])["state"] == "off"
    assert len(platforms[2].sessions()) == 1


def test_a_stream_switched_on_without_a_source_waits(sluice, platform):
    one = platform()
    shown = sluice.add_stream(one.url)
    assert shown["state"] == "waiting" and shown["pid"] is not None
    reason = wait_until(lambda: sluice.stream(shown["id"])["reason"], "a reason is told")
    assert reason["code"] == "source_absent"
    assert one.last() is None


def test_an_ended_stream_of_a_stopped_relay_is_killed(sluice, show):
    """A relay that no longer listens (SIGSTOP) is switched off by force, within the contract's time."""
    _, ids, _ = show
    pid = sluice.stream(ids[1])["pid"]
    os.kill(pid, signal.SIGSTOP)
    assert sluice.switch(ids[1], False)["pid"] is None
    assert not is_running(pid)


def test_a_relay_without_a_heartbeat_is_replaced(sluice, show):
    platforms, ids, _ = show
    pid = sluice.stream(ids[1])["pid"]
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: sluice.stream(ids[1])["pid"] not in (None, pid), "a new relay", 10)
    assert not is_running(pid)
    platforms[1].wait_for_media(count=30, sessions=2)


# ---- exit codes ----


def run_sluiced(tmp_path, *arguments):
    process = Process([BIN / "sluiced", *arguments], tmp_path / "exit.log")
    try:
        return process.wait(10), process.log()
    finally:
        process.stop(signal.SIGKILL)


def free_addresses():
    return ["--rtmp-listen", f"127.0.0.1:{free_port()}", "--http-listen", f"127.0.0.1:{free_port()}"]


def test_wrong_usage_exits_with_2(tmp_path):
    code, said = run_sluiced(tmp_path, "--no-such-option")
    assert code == 2
    assert "no-such-option" in said


@pytest.mark.parametrize("which", ["rtmp", "http"])
def test_a_taken_port_exits_with_3_and_names_it(which, sluice, tmp_path):
    addresses = dict(zip(*[iter(free_addresses())] * 2))
    port = getattr(sluice, f"{which}_port")
    addresses[f"--{which}-listen"] = f"127.0.0.1:{port}"
    flat = [word for pair in addresses.items() for word in pair]
    code, said = run_sluiced(tmp_path, "--data-dir", tmp_path / "other", *flat)
    assert code == 3
    assert str(port) in said


def test_an_unusable_data_directory_exits_with_4_and_names_it(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    code, said = run_sluiced(tmp_path, "--data-dir", tmp_path / "file" / "data", *free_addresses())
    assert code == 4
    assert str(tmp_path / "file") in said


@pytest.fixture
def small_disk(tmp_path, cleanup):
    """A file system of its own with room for an empty database and little more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        machine_refuses("mount a file system")
    cleanup.add(lambda: subprocess.run(["umount", "--lazy", disk], check=True))
    return disk


def fill(disk):
    with open(disk / "filler", "wb", buffering=0) as filler:
        with pytest.raises(OSError):
            while True:
                filler.write(bytes(1024))


def test_a_full_disk_loses_nothing_and_says_so(small_disk, new_sluice):
    sluice = new_sluice()
    sluice.data = small_disk / "data"
    sluice.start()
    stream = sluice.add_stream("rtmp://127.0.0.1:1/app", key="k", enabled=False)["id"]
    fill(small_disk)
    refused = sluice.request("PUT", f"/api/streams/{stream}", {"name": "x" * 200})
    assert refused.status == 503
    assert "disk" in refused.body["detail"]
    assert sluice.stream(stream)["name"] != "x" * 200
    (small_disk / "filler").unlink()
    assert sluice.put(stream, name="later").body["name"] == "later"


def test_a_full_disk_at_the_start_exits_with_4(small_disk, tmp_path):
    fill(small_disk)
    code, said = run_sluiced(tmp_path, "--data-dir", small_disk / "data", *free_addresses())
    assert code == 4
    assert "disk" in said


def test_a_database_of_a_newer_version_exits_with_5(sluice, tmp_path):
    assert sluice.terminate() == 0
    (database,) = [path for path in sluice.data.iterdir() if path.suffix in (".db", ".sqlite", ".sqlite3")]
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    code, said = run_sluiced(tmp_path, "--data-dir", sluice.data, *free_addresses())
    assert code == 5
    assert "newer" in said


def test_a_second_sluiced_on_the_same_directory_exits_with_6(sluice, tmp_path):
    code, said = run_sluiced(tmp_path, "--data-dir", sluice.data, *free_addresses())
    assert code == 6
    assert str(sluice.data) in said
    assert sluice.request("GET", "/api/health").status == 200


def test_a_path_longer_than_a_socket_address_works(new_sluice, tmp_path, cleanup, platform, film):
    long = new_sluice("d" * 120).start()
    one = platform()
    long.add_stream(one.url)
    publishers.ffmpeg(film, long.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
