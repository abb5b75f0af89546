"""The film every scenario publishes: made once per machine, with sound and pictures that never repeat."""

import os
import pathlib
import subprocess

import flv
from processes import BIN

SECONDS = 40
FRAME_RATE = 30
GOP_SECONDS = 1


def film(seconds=SECONDS, b_frames=0):
    """Path of an FLV file: H.264 320x180 30/s with a key frame each second, AAC 48 kHz stereo noise."""
    directory = BIN.parent / "test-media"
    directory.mkdir(exist_ok=True)
    path = directory / f"film-{seconds}s-{b_frames}b.flv"
    if path.exists():
        return path
    unfinished = directory / f"{path.stem}.{os.getpid()}.flv"
    arguments = (
        f"ffmpeg -v error -nostdin -f lavfi -i testsrc2=size=320x180:rate={FRAME_RATE} "
        f"-f lavfi -i anoisesrc=color=pink:amplitude=0.3:seed=1:sample_rate=48000 -t {seconds} -ac 2 "
        f"-c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 400k -g {FRAME_RATE * GOP_SECONDS} -bf {b_frames} "
        f"-sc_threshold 0 -c:a aac -b:a 96k -f flv {unfinished}"
    )
    subprocess.run(arguments.split(), check=True, timeout=60)
    unfinished.rename(path)
    return path


def packets(path: pathlib.Path):
    return flv.read(path)
