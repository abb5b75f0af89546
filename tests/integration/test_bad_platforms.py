# label: full
"""Platforms that cannot be reached, refuse, stay silent or talk nonsense: a state, a code and a sentence."""

import hashlib

import compare
import media
import publishers
import pytest
import wire
from processes import free_port, wait_until


@pytest.mark.parametrize(
    "behaviour, state, codes",
    [
        (wire.garbage, "retrying", {"platform_garbage", "handshake_failed"}),
        (wire.garbage_after_handshake, "retrying", {"platform_garbage"}),
        (wire.closing, "retrying", {"handshake_failed", "platform_closed"}),
        (wire.rejecting_connect, "refused", {"connect_rejected"}),
        (wire.refusing_publish("NetStream.Publish.Denied"), "refused", {"key_refused"}),
        (wire.refusing_publish("NetStream.Publish.BadName"), None, {"already_publishing", "key_refused"}),
    ],
    ids=["garbage", "garbage later", "closing", "rejecting connect", "denying", "bad name"],
)
def test_a_bad_platform_gets_a_state_and_a_sentence(
    behaviour, state, codes, sluice, bad_platform, platform, film, tmp_path, cleanup
):
    good = platform()
    sluice.add_stream(good.url)
    bad = sluice.add_stream(bad_platform(behaviour).url, key="canary")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    shown = sluice.wait_for_state(bad, *([state] if state else ["retrying", "refused"]), timeout=15)
    assert shown["reason"]["code"] in codes
    assert shown["reason"]["text"].endswith(".")
    assert shown["next_try_at"] is not None
    session = good.wait_for_media(count=100)
    compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)


def test_an_unreachable_port_is_retried(sluice, film, tmp_path, cleanup):
    stream = sluice.add_stream(f"rtmp://127.0.0.1:{free_port()}/live")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    shown = sluice.wait_for_state(stream, "retrying")
    assert shown["reason"]["code"] == "unreachable"


def test_the_backup_server_takes_over_when_the_main_one_is_dead(sluice, platform, film, tmp_path, cleanup):
    backup = platform()
    stream = sluice.add_stream(f"rtmp://127.0.0.1:{free_port()}/live", backup_server=backup.url, key="k")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_state(stream, "retrying")
    assert sluice.stream(stream)["warnings"] == []
    # Three failures: at once, 0.5 to 1 s and 0.8 to 1.7 s later; then at most 2.9 s.
    shown = sluice.wait_for_state(stream, "live", timeout=15)
    assert [warning["code"] for warning in shown["warnings"]] == ["backup_server"]
    publish = backup.wait_for_media(count=20).event("publish")
    assert publish["key_hash"] == hashlib.sha256(b"k").hexdigest()[:16]
    assert sluice.put(stream, backup_server="").body["backup_server"] == ""
    wait_until(lambda: sluice.stream(stream)["warnings"] == [], "the stream is with its main server again")


def test_a_name_without_an_address_is_told(sluice, film, tmp_path, cleanup):
    stream = sluice.add_stream("rtmp://no-such-host.invalid/live")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    shown = sluice.wait_for_state(stream, "retrying", timeout=20)
    assert shown["reason"]["code"] in ("name_not_found", "timeout")


def test_a_silent_platform_times_out(sluice, bad_platform, film, tmp_path, cleanup):
    stream = sluice.add_stream(bad_platform(wire.silent).url)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_state(stream, "connecting")
    assert sluice.wait_for_state(stream, "retrying", timeout=20)["reason"]["code"] == "timeout"


def test_the_platforms_own_words_are_shown_without_the_key(sluice, bad_platform, film, tmp_path, cleanup):
    key = "canary-" + hashlib.sha256(b"words").hexdigest()
    bad = bad_platform(wire.refusing_publish("NetStream.Publish.Denied", "stream {key} is not open"))
    stream = sluice.add_stream(bad.url, key=key)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    shown = sluice.wait_for_state(stream, "refused", "retrying")
    assert "is not open" in str(shown["reason"])
    assert key not in str(shown)
    assert not any(key in text for text in sluice.logs().values())


def test_a_platform_that_drops_us_is_reconnected(sluice, platform, film, tmp_path, cleanup):
    # Later than 5 s after the publish: an earlier end is taken for a refused key, which is tried again slowly.
    one = platform("--reset-after-ms", "5500")
    stream = sluice.add_stream(one.url)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=20, sessions=2, timeout=20)
    wait_until(lambda: sluice.stream(stream)["stats"]["reconnects"] >= 1, "the reconnect is counted")
    for session in one.sessions():
        compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)


def test_a_stalled_platform_is_switched_off_at_once(sluice, platform, film, tmp_path, cleanup):
    one = platform("--stop-reading-after-ms", "500")
    stream = sluice.add_stream(one.url)["id"]
    other = platform()
    sluice.add_stream(other.url)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    other.wait_for_media(count=200)
    assert sluice.switch(stream, False)["pid"] is None
    session = other.wait_for_media(count=len(other.last().packets) + 30)
    compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)


def test_retry_does_not_wait_for_the_next_try(sluice, bad_platform, film, tmp_path, cleanup):
    bad = bad_platform(wire.rejecting_connect)
    stream = sluice.add_stream(bad.url)["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_state(stream, "refused")
    callers = bad.callers
    answer = sluice.request("POST", f"/api/streams/{stream}/retry")
    assert answer.status // 100 == 2
    wait_until(lambda: bad.callers > callers, "the platform is called again", 5)
