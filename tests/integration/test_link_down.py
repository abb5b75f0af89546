# label: full
"""The way to one platform is cut: a network namespace whose cable is pulled. The other platforms notice nothing."""

import time

import compare
import network
import pytest
import sink
from processes import wait_until

KBPS = 3000


@pytest.fixture
def far_platform(tmp_path, cleanup):
    """(platform, namespace): behind a cable."""
    behind = network.Namespace(cleanup)
    return sink.Sink(tmp_path / "far", cleanup, address=behind.address, prefix=behind.prefix), behind


@pytest.mark.parametrize("seconds", [8, 17])
def test_a_cut_link_stops_its_own_stream_only(seconds, far_platform, sluice, platform, publish, figure):
    far, cable = far_platform
    near = [platform(), platform()]
    stream = sluice.add_stream(far.url, hold_s=0)["id"]
    others = [sluice.add_stream(one.url, hold_s=0)["id"] for one in near]
    show = publish(sluice, kbps=KBPS)
    for each in (stream, *others):
        sluice.wait_for_state(each, "live")
    pid = sluice.stream(stream)["pid"]
    far.wait_for_media(count=60)

    cable.pull_the_cable()
    until = time.monotonic() + seconds
    if seconds > 10:  # the relay gives a platform that takes nothing 10 s
        shown = sluice.wait_for_state(stream, "retrying", timeout=30)
        assert shown["reason"]["code"] in ("platform_stalled", "platform_closed", "unreachable", "timeout")
        assert shown["next_try_at"] is not None
    wait_until(lambda: time.monotonic() > until, "the cut has lasted long enough", seconds + 5)
    cable.plug_it_in()
    plugged_in = time.monotonic()
    mark = len(show.sent)
    pictures = {}

    def back():
        pictures.update((p.hash, True) for p in show.sent[mark:] if p.kind == "video")
        return any(p.hash in pictures for session in far.sessions() for p in session.packets)

    wait_until(back, "something published since is at the platform", 60)
    took = time.monotonic() - plugged_in
    shown = sluice.wait_for_state(stream, "live", timeout=30)
    assert shown["pid"] == pid  # no process had to die for it

    sent = show.stop()
    last = {compare.hashes(sent, kind)[-1] for kind in ("video", "audio")}
    for one in near:
        wait_until(lambda: last.issubset(p.hash for p in one.last().packets), "the last frames arrive", 20)
        (session,) = one.sessions()
        compare.assert_unchanged(sent, session.packets)
    for session in far.sessions():
        compare.assert_thinned(sent, session.packets)
    figure(
        f"link down for {seconds} s",
        f"new pictures {took:.1f} s after it is up, in {'another' if len(far.sessions()) > 1 else 'the same'} session; "
        f"others lost 0 of {len(sent)} messages",
    )
