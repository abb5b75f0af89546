"""The main job: one stream in, many platforms out, each switched on and off without disturbing the others. Where the
show ends within the test, platforms are sent nothing more (hold_s 0)."""

import hashlib
import pathlib

import compare
import media
import publishers
from processes import is_running, wait_until


def test_nginx_records_exactly_what_ffmpeg_published(sluice, nginx_server, short_film, tmp_path, cleanup):
    nginx = nginx_server()
    stream = sluice.add_stream(nginx.url, key="show", hold_s=0)
    publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup).finish()
    last = compare.frames(media.packets(short_film), "video")[-1].hash
    wait_until(
        lambda: nginx.recordings() and any(p.hash == last for p in nginx.recordings()[0]), "the last picture is recorded"
    )
    sluice.switch(stream["id"], False)
    recordings = nginx.recordings()
    assert len(recordings) == 1
    compare.assert_relayed(media.packets(short_film), recordings[0])


def test_three_platforms_get_every_packet(sluice, platform, short_film, tmp_path, cleanup):
    platforms = [platform() for _ in range(3)]
    for number, one in enumerate(platforms):
        sluice.add_stream(one.url, key=f"key-{number}", hold_s=0)
    publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup).finish()
    published = media.packets(short_film)
    last = compare.frames(published, "audio")[-1].hash
    for one in platforms:
        wait_until(lambda one=one: any(p.hash == last for p in one.last().packets), "the last sound has arrived")
        assert len(one.sessions()) == 1
        compare.assert_relayed(published, one.last().packets)


def test_toggling_one_stream_leaves_the_others_without_a_gap(sluice, platform, film, tmp_path, cleanup):
    steady, toggled, other = platform(), platform(), platform()
    ids = [sluice.add_stream(one.url, key="k", hold_s=0)["id"] for one in (steady, toggled, other)]
    publisher = publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup, seconds=12)
    for round_number in range(1, 4):
        toggled.wait_for_media(count=20, sessions=round_number)
        assert sluice.switch(ids[1], False)["state"] == "off"
        toggled.wait_for_end()
        sluice.switch(ids[1], True)
    publisher.finish()
    published = [p for p in media.packets(film) if p.timestamp < 12_000]
    for one in (steady, other):
        last = compare.frames(published, "video")[-2].hash
        wait_until(lambda one=one: any(p.hash == last for p in one.last().packets), "the end has arrived")
        assert len(one.sessions()) == 1
        compare.assert_relayed(published, one.last().packets, to_the_end=False)
    for session in toggled.sessions():
        compare.assert_relayed(published, session.packets, to_the_end=False)


def test_a_stream_switched_on_mid_show_begins_with_headers_and_a_key_frame(
    sluice, platform, film, tmp_path, cleanup
):
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    first = platform()
    sluice.add_stream(first.url)
    first.wait_for_media(count=60)
    late = platform()
    late_id = sluice.add_stream(late.url)["id"]
    session = late.wait_for_media(count=60)
    kinds = [(p.kind, p.is_header) for p in session.packets[:3]]
    assert kinds[0] == ("data", False)
    assert sorted(kinds[1:]) == [("audio", True), ("video", True)]
    compare.assert_relayed(media.packets(film), session.packets, to_the_end=False)
    live = sluice.wait_for_state(late_id, "live")
    assert live["reason"] is None and live["pid"] is not None


def test_switching_off_says_goodbye_and_ends_the_process(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    stream = sluice.add_stream(one.url, key="k")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
    pid = sluice.wait_for_state(stream, "live")["pid"]
    assert "sluice-relay" in pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    answer = sluice.switch(stream, False)
    assert (answer["state"], answer["pid"]) == ("off", None)
    assert not is_running(pid)
    session = one.wait_for_end()
    assert session.names[-2:] == ["unpublish", "closed"]


def test_deleting_a_live_stream_says_goodbye_too(sluice, show_of):
    [one], [stream], _ = show_of(1)
    pid = sluice.stream(stream)["pid"]
    assert sluice.request("DELETE", f"/api/streams/{stream}").status == 204
    assert not is_running(pid)
    assert "unpublish" in one.wait_for_end().names
    assert sluice.request("GET", f"/api/streams/{stream}").status == 404


def test_a_changed_key_ends_the_session_and_connects_anew(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    stream = sluice.add_stream(one.url, key="first")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
    assert sluice.put(stream, key="second").status == 200
    one.wait_for_media(count=30, sessions=2)
    before, after = one.sessions()
    assert "unpublish" in before.names
    assert before.event("publish")["key_hash"] != after.event("publish")["key_hash"]


def test_repeating_a_wish_changes_nothing(sluice, show_of):
    [one], [stream], _ = show_of(1)
    pid = sluice.stream(stream)["pid"]
    for _ in range(3):
        assert sluice.put(stream, enabled=True, key="k").status == 200
    packets = len(one.last().packets)
    one.wait_for_media(count=packets + 30)
    assert sluice.stream(stream)["pid"] == pid
    assert len(one.sessions()) == 1


def test_how_a_live_stream_holds_is_changed_without_a_break(sluice, show_of, film):
    [one], [stream], _ = show_of(1)
    pid = sluice.stream(stream)["pid"]
    for change in ({"hold_s": 0}, {"stop_grace_s": 300}, {"silent_audio": "on"}, {"hold_s": 3600, "silent_audio": "off"}):
        shown = sluice.put(stream, **change).body
        assert {name: shown[name] for name in change} == change
        one.wait_for_media(count=len(one.last().packets) + 30)
    # A new manager tells the relay that it finds what it is to do; a relay that did not know the word would hang up.
    sluice.leave()
    sluice.start()
    one.wait_for_media(count=len(one.last().packets) + 30)
    assert sluice.stream(stream)["pid"] == pid
    compare.assert_relayed(media.packets(film), one.last().packets, to_the_end=False)
    assert len(one.sessions()) == 1
    assert "lost the channel" not in "".join(sluice.logs().values())


def test_server_and_key_reach_the_platform_byte_for_byte(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    key = "live_1?a=b&c=%20d/e/ +ü"
    server = f"rtmp://127.0.0.1:{one.port}/live2/instance?backup=1"
    sluice.add_stream(server, key=key)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    publish = one.wait_for_media().event("publish")
    assert publish["app"] == "live2/instance?backup=1"
    assert publish["tc_url"] == server
    assert publish["key_hash"] == hashlib.sha256(key.encode()).hexdigest()[:16]


def test_a_source_that_stops_leaves_the_session_open_and_continues_its_time(
    sluice, platform, short_film, tmp_path, cleanup
):
    one = platform()
    stream = sluice.add_stream(one.url, key="k", hold_s=0)["id"]
    publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup, seconds=3).finish()
    sluice.wait_for_state(stream, "holding")
    before = one.last()
    assert not before.over
    publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup, seconds=3).finish()
    session = one.wait_for_media(count=len(before.packets) + 60)
    assert len(one.sessions()) == 1
    # The film starts again, so packets repeat: what counts is that time goes on.
    last_before = max(p.timestamp for p in before.packets)
    resumed = [p for p in session.packets[len(before.packets) :] if p.kind == "video" and not p.is_header and not p.is_end]
    assert resumed[0].is_key
    assert resumed[0].timestamp >= last_before
    times = [p.timestamp for p in resumed]
    assert times == sorted(times)


def test_stream_and_source_show_what_flows(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    stream = sluice.add_stream(one.url, key="k")["id"]
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
    stats = wait_until(
        lambda: (lambda s: s if s["sent_bytes"] > 50_000 and s["sent_kbps"] > 0 else None)(sluice.stream(stream)["stats"]),
        "sent bytes are counted",
    )
    assert stats["dropped_video"] == 0 and stats["dropped_audio"] == 0
    assert stats["reconnects"] == 0 and stats["restarts"] == 0
    source = wait_until(
        lambda: (lambda s: s if s["video"] and s["video"]["frame_rate"] and s["audio"] else None)(sluice.source()),
        "the source is measured",
    )
    video, audio = source["video"], source["audio"]
    assert (video["codec"], video["width"], video["height"]) == ("h264", 320, 180)
    assert 25 <= video["frame_rate"] <= 35
    assert (audio["codec"], audio["sample_rate"], audio["channels"]) == ("aac", 48000, 2)
    assert source["address"].startswith("127.0.0.1")
