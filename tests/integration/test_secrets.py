"""A stream key appears nowhere but on the wire to its platform and in the database."""

import pathlib

import publishers
import wire

STREAM_KEY = "canary-stream-key-5fd1c1"
SOURCE_KEY = "canary-source-key-a7e0b2"


def test_keys_are_in_no_argument_environment_log_answer_or_metric(
    sluice, platform, bad_platform, film, tmp_path, cleanup
):
    answer = sluice.request("POST", "/api/sources", {"name": "Guest", "app": "guests", "key": SOURCE_KEY})
    good = platform()
    bad = bad_platform(wire.refusing_publish("NetStream.Publish.BadName", "{key} is in use"))
    streams = [
        sluice.add_stream(good.url, key=STREAM_KEY, source=answer.body["id"])["id"],
        sluice.add_stream(bad.url, key=STREAM_KEY, source=answer.body["id"])["id"],
    ]
    publishers.ffmpeg(film, f"rtmp://127.0.0.1:{sluice.rtmp_port}/guests/{SOURCE_KEY}", tmp_path, cleanup)
    good.wait_for_media(count=60)
    sluice.wait_for_state(streams[1], "retrying", "refused")
    processes = sluice.processes()
    assert len(processes) == 4
    for pid in processes:
        for name in ("cmdline", "environ", "comm"):
            assert b"canary" not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes(), name
    for stream in streams:
        assert "canary" not in str(sluice.stream(stream))
        assert "canary" not in str(sluice.put(stream, key=STREAM_KEY).body)
    assert "canary" not in sluice.request("GET", "/metrics").body
    sluice.put(streams[0], server="rtmp://127.0.0.1:1/live")
    sluice.terminate()
    for path, text in sluice.logs().items():
        assert "canary" not in text, path


def test_a_refused_publishers_key_is_not_logged(sluice, film, tmp_path, cleanup):
    publisher = publishers.ffmpeg(film, f"{sluice.rtmp}/{STREAM_KEY}", tmp_path, cleanup)
    assert publisher.process.wait(10) != 0
    for path, text in sluice.logs().items():
        assert "canary" not in text, path


def test_the_data_directory_is_for_its_owner_only(sluice):
    for path in [sluice.data, *sluice.data.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path
