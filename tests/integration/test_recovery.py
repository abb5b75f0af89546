# label: full
"""What a death costs, in figures; and what a manager finds that was changed while there was none."""

import os
import pathlib
import signal
import sqlite3
import time

import compare
import figures
import pytest
from processes import is_running, wait_until

LONG = os.environ.get("SLUICE_LONG") == "1"
KILLS = 20
STALL_SECONDS = 300 if LONG else 30
STALL_KBPS = 6000


@pytest.fixture
def show(sluice, platform, publish):
    """Three live streams that are sent nothing behind the show. Returns ({stream: platform}, broadcast)."""
    streams = {sluice.add_stream((one := platform()).url, hold_s=0)["id"]: one for _ in range(3)}
    broadcast = publish(sluice)
    for stream in streams:
        sluice.wait_for_state(stream, "live")
    return streams, broadcast


def wait_for_the_last(platforms, sent):
    last = {compare.hashes(sent, kind)[-1] for kind in ("video", "audio")}
    for one in platforms:
        wait_until(lambda: last.issubset(p.hash for p in one.last().packets), "the last frames arrive", 20)


def test_a_killed_relays_platform_has_media_again_at_once(sluice, show, figure):
    streams, broadcast = show
    victim, *others = streams
    took = []
    for killed in range(KILLS):
        sluice.wait_for_state(victim, "live")
        at = time.monotonic_ns()
        os.kill(sluice.relays()[victim], signal.SIGKILL)
        session = streams[victim].wait_for_media(count=1, sessions=killed + 2)
        first = next(at for p, at in zip(session.packets, session.arrivals) if p.kind == "video" and not p.is_header)
        took.append((first - at) / 1e9)
    figure("relay killed, media again at the platform", figures.milliseconds(took))
    sent = broadcast.stop()
    wait_for_the_last(streams.values(), sent)
    for other in others:
        (session,) = streams[other].sessions()
        compare.assert_unchanged(sent, session.packets)


def test_a_manager_killed_and_restarted_costs_no_message(sluice, show, figure):
    streams, broadcast = show
    relays = sluice.relays()
    for _ in range(3):
        sluice.kill()
        count = broadcast.mark() + 60
        wait_until(lambda: broadcast.mark() > count, "the show goes on without a manager")
        sluice.start()
        for stream in streams:
            sluice.wait_for_state(stream, "live")
    assert sluice.relays() == relays
    sent = broadcast.stop()
    wait_for_the_last(streams.values(), sent)
    for one in streams.values():
        (session,) = one.sessions()
        compare.assert_unchanged(sent, session.packets)
    figure("manager killed and restarted 3 times", f"0 of {len(sent)} messages lost on {len(streams)} streams")


def test_a_stopped_manager_stops_nothing(sluice, show):
    streams, broadcast = show
    relays = sluice.relays()
    os.kill(sluice.process.pid, signal.SIGSTOP)
    # Longer than the heartbeats that it would miss.
    until = broadcast.mark() + 400
    wait_until(lambda: broadcast.mark() > until, "the show goes on")
    os.kill(sluice.process.pid, signal.SIGCONT)
    for stream in streams:
        sluice.wait_for_state(stream, "live")
    assert sluice.relays() == relays
    sent = broadcast.stop()
    wait_for_the_last(streams.values(), sent)
    for one in streams.values():
        (session,) = one.sessions()
        compare.assert_unchanged(sent, session.packets)


def test_a_relay_whose_stream_was_removed_without_a_manager_is_ended(sluice, show):
    streams, _ = show
    stray, *others = streams
    relays = sluice.relays()
    sluice.kill()
    database = sqlite3.connect(sluice.data / "sluice.db")
    with database:
        database.execute("DELETE FROM stream WHERE id = ?", (stray,))
    database.close()
    assert is_running(relays[stray])
    sluice.start()
    wait_until(lambda: not is_running(relays[stray]), "the stray is ended", 5)
    assert streams[stray].wait_for_end().names[-2:] == ["unpublish", "closed"]
    for other in others:
        assert sluice.wait_for_state(other, "live")["pid"] == relays[other]
    assert not list((sluice.data / "run").glob(f"relay-{stray}.*"))


def own_memory(pid):
    """Bytes that only this process has, without the ring it reads along with others."""
    total = 0
    mapping = ""
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Private_Clean", "Private_Dirty"):
            total += 0 if "memfd:" in mapping else int(rest.split()[0]) * 1024
        elif " " in name:
            mapping = line
    return total


def test_a_stalled_platform_costs_its_relay_no_memory(sluice, platform, publish, figure):
    if os.geteuid() != 0:
        pytest.skip("only root may look into a relay's memory: it is not dumpable")
    healthy = [platform(), platform()]
    for one in healthy:
        sluice.add_stream(one.url, hold_s=0)
    stalled = sluice.add_stream(platform("--stop-reading-after-ms", "2000").url)["id"]
    broadcast = publish(sluice, kbps=STALL_KBPS)
    sluice.wait_for_state(stalled, "live")
    pid = sluice.relays()[stalled]
    before = peak = own_memory(pid)
    until = time.monotonic() + STALL_SECONDS

    def over():
        nonlocal peak
        peak = max(peak, own_memory(pid))
        return time.monotonic() > until

    wait_until(over, "the stall is over", STALL_SECONDS + 10)
    shown = sluice.stream(stalled)
    assert shown["pid"] == pid
    assert shown["stats"]["reconnects"] >= 1 or shown["state"] == "retrying"
    asked = time.monotonic()
    assert sluice.switch(stalled, False)["pid"] is None
    took = time.monotonic() - asked
    sent = broadcast.stop()
    wait_for_the_last(healthy, sent)
    for one in healthy:
        (session,) = one.sessions()
        compare.assert_unchanged(sent, session.packets)
    figure(
        f"platform stalled for {STALL_SECONDS} s at 6 Mbit/s",
        f"relay {before >> 10} KiB before, at most {(peak - before) >> 10} KiB more; others lost 0 of {len(sent)}",
    )
    figure("a stalled stream switched off", f"{took * 1000:.0f} ms")
    assert peak - before < 1 << 20
