"""The show that every run publishes: what OBS would send. Made by ffmpeg, once, and kept."""

import hashlib
import subprocess

from .children import BenchError

# 1080p30, 6 Mbit/s constant, no B-frames, AAC at 160 kbit/s.
RECIPE = (
    "-f lavfi -i testsrc2=size=1920x1080:rate=30,noise=alls=12:allf=t "
    "-f lavfi -i sine=frequency=330:sample_rate=48000,aformat=channel_layouts=stereo -t {seconds} "
    "-c:v libx264 -preset superfast -pix_fmt yuv420p -b:v 6M -minrate 6M -maxrate 6M -bufsize 6M "
    "-x264-params nal-hrd=cbr -g {gop} -keyint_min {gop} -sc_threshold 0 -bf 0 -c:a aac -b:a 160k "
    "-flvflags no_duration_filesize -f flv"
)


def make_show(directory, seconds, gop):
    """The path of an FLV file of that length, with a key frame every `gop` frames. Named after its recipe, so that
    no outdated one is taken."""
    recipe = RECIPE.format(seconds=seconds, gop=gop)
    path = directory / f"show-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.flv"
    if path.exists():
        return path
    unfinished = path.with_suffix(".new")
    argv = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *recipe.split(), unfinished]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    except FileNotFoundError as error:
        raise BenchError("ffmpeg is missing. Run scripts/setup --tests.") from error
    if done.returncode != 0:
        raise BenchError(f"ffmpeg could not make the show: {done.stderr[-500:].strip()}")
    unfinished.rename(path)
    return path
