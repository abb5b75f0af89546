# label: full
"""The judges judged: what the scenarios compare with is right, and a broken relay would be noticed."""

import certificates
import compare
import description
import flv
import media
import publishers
import pytest
import wire
from processes import machine_refuses, wait_until


def arrived(one, film):
    last = compare.frames(media.packets(film), "video")[-1].hash
    return wait_until(
        lambda: (lambda s: s if s and any(p.hash == last for p in s.packets) else None)(one.last()), "the end", 20
    )


@pytest.mark.parametrize("publisher", [publishers.ffmpeg, publishers.rtmp2sink, publishers.rtmpsink])
def test_publishers_send_the_films_own_packets(publisher, platform, short_film, tmp_path, cleanup):
    one = platform()
    publisher(short_film, one.url, tmp_path, cleanup).finish()
    session = arrived(one, short_film)
    compare.assert_unchanged(media.packets(short_film), session.packets, same_clock=publisher is publishers.ffmpeg)


def test_nginx_records_the_films_own_packets(nginx_server, short_film, tmp_path, cleanup):
    nginx = nginx_server()
    publishers.ffmpeg(short_film, f"{nginx.url}/x", tmp_path, cleanup).finish()
    (recording,) = wait_until(nginx.recordings, "a recording")
    compare.assert_unchanged(media.packets(short_film), recording)


def test_nginx_pushes_the_films_own_packets(platform, nginx_server, short_film, tmp_path, cleanup):
    one = platform()
    nginx = nginx_server(push=one.url)
    publishers.ffmpeg(short_film, nginx.url, tmp_path, cleanup).finish()
    compare.run_of(media.packets(short_film), arrived(one, short_film).packets, "video")


def test_stunnel_and_openssl_make_a_tls_platform(platform, short_film, tmp_path, cleanup):
    one = platform()
    authority = certificates.Authority(tmp_path / "authority")
    tunnel = certificates.Stunnel(tmp_path / "stunnel", cleanup, authority.certificate("right", "127.0.0.1"), one.port)
    publishers.ffmpeg(short_film, tunnel.url, tmp_path, cleanup)
    one.wait_for_media(count=30)


def test_the_hand_made_publisher_is_understood(platform):
    one = platform()
    publisher = wire.Publisher(one.port, key="k")
    assert publisher.accepted
    for n in range(5):
        publisher.send(wire.VIDEO, 2**24 - 40 + n * 33, b"\x17\x01\x00\x00\x00" + wire.unique(9000, n))
    publisher.stop()
    session = one.wait_for_end()
    assert [(p.hash, p.timestamp) for p in session.packets] == [(p.hash, p.timestamp) for p in publisher.sent]
    assert session.names == ["accepted", "publish", "unpublish", "closed"]


def packet(number, *, kind="video", timestamp=None, key=False):
    size = 10
    return flv.Packet(kind, 40 * number if timestamp is None else timestamp, f"{kind}{number}", size, "", False, key, False)


FILM = [packet(n, key=n % 5 == 0) for n in range(20)] + [packet(n, kind="audio") for n in range(20)]


def shifted(packets, by):
    return [p._replace(timestamp=p.timestamp - by) for p in packets]


def test_a_right_relay_passes():
    compare.assert_relayed(FILM, shifted([p for p in FILM if p.timestamp >= 200], 200))


@pytest.mark.parametrize(
    "breakage",
    [
        lambda p: p[:7] + p[8:],
        lambda p: p[:7] + p[6:],
        lambda p: [*p[:6], p[7], p[6], *p[8:]],
        lambda p: [*p[:6], p[6]._replace(hash="changed"), *p[7:]],
        lambda p: [*p[:6], p[6]._replace(timestamp=p[6].timestamp + 1), *p[7:]],
        lambda p: p[1:],
        lambda p: [one for one in p if one.kind == "video"],
        lambda p: shifted(p, 1),
    ],
    ids=["lost", "doubled", "swapped", "changed", "shifted", "no key frame first", "no sound", "not from 0"],
)
def test_a_wrong_relay_is_noticed(breakage):
    with pytest.raises(AssertionError):
        compare.assert_relayed(FILM, breakage(FILM))


@pytest.mark.parametrize(
    "breakage",
    [lambda p: p[:7] + p[8:], lambda p: p[:7] + p[6:], lambda p: [*p[:6], p[7], p[6], *p[8:]], lambda p: p[:-25]],
    ids=["lost", "doubled", "swapped", "ends early"],
)
def test_a_part_that_did_not_arrive_whole_is_noticed(breakage):
    compare.assert_whole(FILM[5:], FILM)
    with pytest.raises(AssertionError):
        compare.assert_whole(FILM, breakage(FILM))


def h264(number, *, key=False, unreferenced=False):
    head = f"{'17' if key else '27'}0100000000000010{'65' if key else '01' if unreferenced else '41'}0000"
    return packet(number, key=key)._replace(head=head)


GOPS = [h264(n, key=n % 6 == 0, unreferenced=n % 2 == 1) for n in range(18)]


def test_a_rightly_thinned_stream_passes():
    assert compare.assert_thinned(GOPS, GOPS) == 0
    assert compare.assert_thinned(GOPS, [*GOPS[:7], GOPS[8], *GOPS[12:]]) == 4


@pytest.mark.parametrize(
    "breakage",
    [
        lambda p: p[:8] + p[9:],
        lambda p: p[:6] + p[7:],
        lambda p: p[1:],
        lambda p: p[:7] + p[6:],
        lambda p: [*p[:6], p[7], p[6], *p[8:]],
        lambda p: [*p[:6], p[6]._replace(hash="changed"), *p[7:]],
    ],
    ids=["lost a reference", "lost a key frame", "no key frame first", "doubled", "swapped", "changed"],
)
def test_a_wrongly_thinned_stream_is_noticed(breakage):
    with pytest.raises(AssertionError):
        compare.assert_thinned(GOPS, breakage(GOPS))


@pytest.mark.parametrize(
    "time, right",
    [
        ("2026-11-23T19:43:20.123Z", True), ("2026-11-23T19:43:20Z", False), ("2026-11-23T19:43:20.123456Z", False),
        ("2026-11-23T19:43:20.123+00:00", False), ("2026-13-23T19:43:20.123Z", False), ("yesterday", False),
    ],
)  # fmt: skip
def test_only_utc_with_milliseconds_is_a_time(time, right):
    schema = {"type": ["string", "null"], "format": "date-time"}
    judge = description.Description()
    judge.check_schema(schema, None, "no time")
    if right:
        judge.check_schema(schema, time, "a time")
    else:
        with pytest.raises(AssertionError):
            judge.check_schema(schema, time, "a time")


def test_an_event_and_an_accepted_body_that_are_not_described_are_noticed():
    judge = description.Description()
    judge.check_event("deleted", {"kind": "stream", "id": 1})
    judge.check_request("POST", "/api/streams", {"name": "x", "server": "rtmp://x/y"})
    for wrong in (
        lambda: judge.check_event("deleted", {"kind": "stream"}),
        lambda: judge.check_event("surprise", {}),
        lambda: judge.check_request("POST", "/api/streams", {"name": "x"}),
        lambda: judge.check_request("PUT", "/api/streams/1", {"nmae": "x"}),
    ):
        with pytest.raises(AssertionError):
            wrong()


@pytest.mark.parametrize("ci, outcome", [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_a_machine_refuses_is_skipped_but_never_in_ci(ci, outcome, monkeypatch):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="mount"):
        machine_refuses("mount a file system")
