"""The "be right back" clip, recorded from a real encoder: it plays, it is kept, and it is told when it does not fit."""

import os
import signal
import subprocess

import flv
import publishers
import pytest
from processes import wait_until

FFMPEG_SECONDS = 60  # longer than any test here


@pytest.fixture
def encode(sluice, tmp_path, cleanup):
    """Starts an encoder of this picture size, in OBS's way: x264 with B-frames, a key frame each 2 s, AAC."""

    def start(size="320x180"):
        x264 = "-c:v libx264 -preset veryfast -profile:v high -bf 2 -g 60 -keyint_min 60 -sc_threshold 0 -b:v 600k"
        sources = f"-re -f lavfi -i testsrc2=size={size}:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000"
        arguments = f"ffmpeg -nostdin -v warning {sources} {x264} -c:a aac -ac 2 -b:a 96k -t {FFMPEG_SECONDS} -f flv"
        return publishers.Publisher([*arguments.split(), sluice.rtmp], tmp_path / f"ffmpeg-{size}.log", cleanup)

    return start


def clip_of(sluice):
    return sluice.source()["clip"]


def wait_for_clip(sluice, state, timeout=40):
    try:
        return wait_until(
            lambda: (lambda c: c if c and c["state"] == state else None)(clip_of(sluice)), f"the clip is {state}", timeout
        )
    except AssertionError as error:
        raise AssertionError(f"{error}: {clip_of(sluice)}") from None


def record(sluice, seconds=5):
    answer = sluice.request("POST", "/api/sources/1/clip", {"seconds": seconds})
    assert answer.status == 202, answer
    assert answer.body["clip"]["state"] == "recording"
    return wait_for_clip(sluice, "ready")


def decode(path):
    """Frames of picture and sound that ffmpeg decodes; any warning fails."""
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "warning", "-err_detect", "explode", "-i", path, "-f", "framemd5", "-"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    lines = [line.split(",") for line in done.stdout.splitlines() if not line.startswith("#")]
    return [sum(line[0].strip() == stream for line in lines) for stream in ("0", "1")]


def test_a_clip_of_a_real_encoder_plays_and_is_as_long_as_it_says(sluice, encode):
    encode()
    sluice.wait_for_publisher()
    clip = record(sluice)
    assert clip["duration_ms"] in (6000, 8000), "whole groups of pictures of 2 s"
    path = sluice.data / "clips" / "1.flv"
    wait_until(path.exists, "it is in its place")
    assert path.stat().st_mode & 0o777 == 0o600
    pictures, sounds = decode(path)
    assert pictures == clip["duration_ms"] * 30 // 1000
    assert abs(sounds - clip["duration_ms"] * 48 / 1024) < 3
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert abs(float(shown.stdout) * 1000 - clip["duration_ms"]) < 100


def test_a_clip_outlives_the_manager_and_the_ingest(sluice, encode):
    encode()
    sluice.wait_for_publisher()
    clip = record(sluice)
    sluice.kill()
    sluice.start()
    assert wait_for_clip(sluice, "ready") == clip
    (ingest,) = sluice.children("sluice-ingest")
    os.kill(ingest, signal.SIGKILL)
    wait_until(lambda: sluice.children("sluice-ingest") not in ([], [ingest]), "another ingest")
    assert wait_for_clip(sluice, "ready") == clip
    sluice.terminate()
    sluice.start()
    assert wait_for_clip(sluice, "ready") == clip
    assert decode(sluice.data / "clips" / "1.flv")[0] > 0


def test_a_manager_that_starts_in_the_middle_of_a_recording_gets_the_clip(sluice, encode):
    encode()
    sluice.wait_for_publisher()
    assert sluice.request("POST", "/api/sources/1/clip", {"seconds": 5}).status == 202
    wait_until(lambda: (clip_of(sluice)["recorded_ms"] or 0) > 0, "something is recorded")
    sluice.kill()
    sluice.start()
    assert wait_for_clip(sluice, "ready")["duration_ms"] >= 5000


def test_an_ingest_that_dies_while_it_records_is_told(sluice, encode):
    encode()
    sluice.wait_for_publisher()
    assert sluice.request("POST", "/api/sources/1/clip").status == 202
    wait_until(lambda: (clip_of(sluice)["recorded_ms"] or 0) > 0, "something is recorded")
    (ingest,) = sluice.children("sluice-ingest")
    os.kill(ingest, signal.SIGKILL)
    assert wait_for_clip(sluice, "failed")["reason"]["code"] == "clip_interrupted"


def test_another_picture_size_makes_it_stale_and_a_new_one_is_ready(sluice, encode):
    first = encode()
    sluice.wait_for_publisher()
    record(sluice)
    first.kill()
    encode("640x360")
    assert wait_for_clip(sluice, "stale")["reason"]["code"] == "clip_stale"
    assert record(sluice)["reason"] is None


def test_a_publisher_that_stops_in_the_middle_is_told(sluice, encode):
    publisher = encode()
    sluice.wait_for_publisher()
    assert sluice.request("POST", "/api/sources/1/clip").status == 202
    wait_until(lambda: (clip_of(sluice)["recorded_ms"] or 0) > 0, "something is recorded")
    publisher.stop()
    clip = wait_for_clip(sluice, "failed")
    assert clip["reason"]["code"] == "clip_interrupted"
    assert clip["duration_ms"] is None
    answer = sluice.request("POST", "/api/sources/1/clip")
    assert (answer.status, answer.body["reason"]["code"]) == (409, "clip_no_source")


def test_a_removed_clip_is_gone_from_the_disk_and_a_damaged_one_is_told(sluice, encode):
    encode()
    sluice.wait_for_publisher()
    record(sluice)
    path = sluice.data / "clips" / "1.flv"
    wait_until(path.exists, "it is in its place")
    sluice.terminate()
    path.write_bytes(path.read_bytes()[:-100])
    sluice.start()
    assert wait_for_clip(sluice, "failed")["reason"]["code"] == "clip_damaged"
    assert sluice.request("DELETE", "/api/sources/1/clip").status == 204
    assert clip_of(sluice) is None
    wait_until(lambda: not path.exists(), "the file is removed")
    sluice.terminate()
    sluice.start()
    assert clip_of(sluice) is None


def test_viewers_see_the_clip_in_a_hold_again_and_again(sluice, encode, platform):
    one = platform()
    stream = sluice.add_stream(one.url, hold_s=3600)["id"]
    encoder = encode()
    one.wait_for_media(count=30)
    record(sluice)
    pictures = [p.hash for p in flv.read(sluice.data / "clips" / "1.flv") if p.kind == "video" and not p.is_header]
    before = len(one.last().packets)
    encoder.kill()
    sluice.wait_for_state(stream, "holding")

    def shown():
        return [p.hash for p in one.last().packets[before:] if p.kind == "video"]

    wait_until(lambda: shown().count(pictures[-1]) >= 2, "the clip is shown twice", 40)
    begin = shown().index(pictures[0])
    assert shown()[begin : begin + len(pictures)] == pictures
    assert len(one.sessions()) == 1
