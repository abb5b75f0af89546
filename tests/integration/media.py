"""The film every scenario publishes: made once per machine, with sound and pictures that never repeat."""

import hashlib
import os
import pathlib
import subprocess

import flv
from processes import BIN

SECONDS = 40
FRAME_RATE = 30


ENCODER = "-preset ultrafast -b:v 400k"


def film(seconds=SECONDS, b_frames=0, *, size="320x180", rate=FRAME_RATE, sound=(48000, 2), encoder=ENCODER, gop_seconds=1):
    """Path of an FLV file: H.264 with a key frame every `gop_seconds`, AAC noise of (samples a second, channels) or none."""
    directory = BIN.parent / "test-media"
    directory.mkdir(exist_ok=True)
    settings = f"{size} {rate} {sound} {encoder} {gop_seconds}"
    tag = hashlib.sha256(settings.encode()).hexdigest()[:8]
    path = directory / f"film-{seconds}s-{b_frames}b-{tag}.flv"
    if path.exists():
        return path
    unfinished = directory / f"{path.stem}.{os.getpid()}.flv"
    noise = "-f lavfi -i anoisesrc=color=pink:amplitude=0.3:seed=1:sample_rate={} -ac {} -c:a aac -b:a 96k"
    arguments = (
        f"ffmpeg -v error -nostdin -f lavfi -i testsrc2=size={size}:rate={rate} {noise.format(*sound) if sound else ''} "
        f"-t {seconds} -c:v libx264 -pix_fmt yuv420p -g {rate * gop_seconds} -bf {b_frames} {encoder} "
        f"-sc_threshold 0 -f flv {unfinished}"
    )
    subprocess.run(arguments.split(), check=True, timeout=120)
    unfinished.rename(path)
    return path


def packets(path: pathlib.Path):
    return flv.read(path)
