# label: full
"""A platform that misbehaves beside three healthy ones: theirs arrives whole, its own state and reason are right,
and it can be switched off. One show runs through all cases; each looks at the part published during it."""

import contextlib
import os
import time

import broadcast
import compare
import pytest
import sink
import sluice as sluice_module
import wire
from processes import Cleanup, free_port, wait_until

# Whole minutes are for the long run (SLUICE_LONG=1). Here a platform closes as soon as that is no longer taken
# for a refused key; what a healthy minute changes beyond is in the unit tests of relay::Machine.
LONG = os.environ.get("SLUICE_LONG") == "1"
CLOSES_AFTER_MS = "61000" if LONG else "6000"
KBPS = 6000
SLOW_BYTES_PER_SECOND = "250000"  # 2 Mbit/s
SLOW_SECONDS = 60 if LONG else 20
ONE_SECOND = round(broadcast.FRAMES_PER_SECOND + broadcast.AUDIO_PER_SECOND)  # messages
# Over 6 s it jumps to the newest key frame (relay::Thinner); what the sockets hold comes on top.
MOST_BEHIND_MS = 10_000


class Neighbours:
    """Three healthy streams, and the show."""

    def __init__(self, directory, cleanup):
        self.directory, self.cleanup = directory, cleanup
        self.sluice = sluice_module.Sluice(directory / "sluice", cleanup).start()
        self.healthy = [self.platform() for _ in range(3)]
        streams = [self.sluice.add_stream(one.url)["id"] for one in self.healthy]
        self.show = broadcast.Broadcast(self.sluice.rtmp_port, cleanup, kbps=KBPS)
        for stream in streams:
            self.sluice.wait_for_state(stream, "live")

    def platform(self, *options):
        return sink.Sink(self.directory / f"platform-{len(list(self.directory.iterdir()))}", self.cleanup, *options)

    @contextlib.contextmanager
    def beside(self, url, note):
        """One more stream; then it is switched off, and the healthy ones are judged. note(figures)"""
        begin = self.show.mark()
        stream = self.sluice.add_stream(url, key="k")["id"]
        yield stream
        asked = time.monotonic()
        assert self.sluice.switch(stream, False)["pid"] is None
        took = time.monotonic() - asked
        gap = self.longest_gap_of_the_healthy(begin)
        assert self.sluice.request("DELETE", f"/api/streams/{stream}").status == 204
        note(f"off in {took * 1000:.0f} ms; beside it nothing lost, longest gap {gap * 1000:.0f} ms")

    def longest_gap_of_the_healthy(self, begin):
        """Fails when one of them lacks anything published since `begin`. In seconds, between two pictures."""
        # Some cases take an instant only; what comes of them is looked at for a second.
        wait_until(lambda: self.show.mark() >= begin + ONE_SECOND, "a second of the show")
        published = self.show.sent[begin : self.show.mark()]
        pictures = compare.hashes(published, "video")
        last = {pictures[-1], compare.hashes(published, "audio")[-1]}
        gaps = []
        for one in self.healthy:
            wait_until(lambda: last.issubset(p.hash for p in one.last().packets), "the last frames arrive")
            (session,) = one.sessions()
            compare.assert_whole(published, session.packets)
            ours = set(pictures)
            at = [when for p, when in zip(session.packets, session.arrivals) if p.hash in ours]
            gaps += [(after - before) / 1e9 for before, after in zip(at, at[1:])]
        return max(gaps)


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory, request):
    cleanup = Cleanup()
    try:
        made = Neighbours(tmp_path_factory.mktemp("neighbours"), cleanup)
        request.node.sluices = [made.sluice]
        yield made
    finally:
        cleanup.run()


@pytest.fixture
def note(figure, request):
    node = request.node
    name = node.callspec.id if hasattr(node, "callspec") else node.name.removeprefix("test_beside_")
    return lambda value: figure(name, value)


@pytest.mark.parametrize(
    "options, state, codes",
    [
        (["--refuse-publish"], "retrying", {"already_publishing"}),
        (["--close-after-ms", "0"], "refused", {"key_refused"}),
        (["--close-after-ms", CLOSES_AFTER_MS], "retrying", {"platform_closed"}),
        (["--reset-after-ms", CLOSES_AFTER_MS], "retrying", {"platform_closed"}),
        (["--stop-reading-after-ms", "500"], "retrying", {"platform_stalled"}),
    ],
    ids=["refuses the name", "closes at once after publish", "closes later", "resets", "stops reading"],
)
def test_beside_a_platform_that_takes_a_publish_and(options, state, codes, neighbours, note):
    bad = neighbours.platform(*options)
    with neighbours.beside(bad.url, note) as stream:
        shown = neighbours.sluice.wait_for_state(stream, state, timeout=90 if LONG else 60)
        assert shown["reason"]["code"] in codes
        assert shown["next_try_at"] is not None
        if state == "retrying":
            wait_until(lambda: len(bad.sessions()) >= 2, "the platform is called again", 30)


@pytest.mark.parametrize(
    "behaviour, state, codes",
    [
        (wire.rejecting_connect, "refused", {"connect_rejected"}),
        (wire.closing, "retrying", {"handshake_failed", "platform_closed"}),
        (wire.silent, "retrying", {"timeout"}),
        (wire.garbage, "retrying", {"platform_garbage", "handshake_failed"}),
        (wire.garbage_after_handshake, "retrying", {"platform_garbage"}),
        (wire.trickling, "retrying", {"timeout"}),
        (wire.trickling_after_handshake, "retrying", {"timeout"}),
    ],
    ids=[
        "rejects connect", "closes at once", "never answers", "sends garbage", "sends garbage later",
        "trickles its handshake", "trickles its answer",
    ],
)  # fmt: skip
def test_beside_a_platform_that(behaviour, state, codes, neighbours, note):
    bad = wire.BadPlatform(neighbours.cleanup, behaviour)
    with neighbours.beside(bad.url, note) as stream:
        shown = neighbours.sluice.wait_for_state(stream, state, timeout=30)
        assert shown["reason"]["code"] in codes
        if state == "retrying":
            wait_until(lambda: bad.callers >= 2, "the platform is called again", 30)


def test_beside_a_port_where_nobody_listens(neighbours, note):
    with neighbours.beside(f"rtmp://127.0.0.1:{free_port()}/live", note) as stream:
        assert neighbours.sluice.wait_for_state(stream, "retrying")["reason"]["code"] == "unreachable"


def test_beside_a_platform_that_has_stalled_and_is_switched_off(neighbours, note):
    bad = neighbours.platform("--stop-reading-after-ms", "500")
    with neighbours.beside(bad.url, note) as stream:
        neighbours.sluice.wait_for_state(stream, "live")
        wait_until(lambda: neighbours.sluice.stream(stream)["stats"]["behind_ms"] > 1000, "nothing gets through", 30)


def test_beside_a_platform_that_reads_2_mbit_s_of_6(neighbours, note, figure):
    slow = neighbours.platform("--rate", SLOW_BYTES_PER_SECOND, "--receive-buffer", "65536")
    with neighbours.beside(slow.url, note) as stream:
        neighbours.sluice.wait_for_state(stream, "live")
        behind = []
        until = time.monotonic() + SLOW_SECONDS

        def went_on_for_a_while():
            behind.append(neighbours.sluice.stream(stream)["stats"]["behind_ms"])
            if time.monotonic() < until:
                return None
            return compare.assert_thinned(list(neighbours.show.sent), slow.last().packets)

        left_out = wait_until(went_on_for_a_while, "pictures are left out", SLOW_SECONDS + 30)
        stats = neighbours.sluice.stream(stream)["stats"]
        assert len(slow.sessions()) == 1
        assert stats["dropped_video"] >= left_out
        assert max(behind) <= MOST_BEHIND_MS
    figure(
        "  the slow one itself",
        f"at most {max(behind)} ms behind; left out {stats['dropped_video']} pictures, {stats['dropped_audio']} of sound",
    )
