"""FFmpeg and OpenH264 as judges of what a platform received: not one warning, and what they saw."""

import collections
import os
import subprocess

TIMEOUT = 60
FFMPEG = "ffmpeg -v warning -xerror -err_detect explode -copyts"
OPENH264 = (
    "gst-launch-1.0 -q filesrc location={} ! flvdemux ! h264parse ! openh264dec ! checksumsink sync=false hash=md5"
)

Picture = collections.namedtuple("Picture", "pts hash")


def run(command, **more):
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, **more
    )
    return done.returncode, done.stdout, done.stderr


def run_silently(command, **more):
    """What it prints; nothing may be said on stderr."""
    code, out, complaints = run(command, **more)
    assert (code, complaints) == (0, ""), command
    return out


def frames_by_ffmpeg(path, stream):
    """(time in milliseconds, hash) of what a stream is decoded to, as it is shown."""
    report = run_silently(
        f"{FFMPEG} -i {path} -map 0:{stream} -fps_mode passthrough -enc_time_base -1 -f framemd5 -".split()
    )
    frames = []
    for line in report.splitlines():
        if line.startswith("#tb"):
            above, below = map(int, line.split()[-1].split("/"))
        elif not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            frames.append(Picture(round(int(fields[2]) * 1000 * above / below), fields[5]))
    return frames


def judge_by_openh264(path):
    """gst-launch's exit code, output and complaints. In its debug log the pipeline's other parts grumble about the end
    of the file; h264parse and the decoder may not."""
    debug = {"GST_DEBUG": "h264parse:2,openh264dec:2,videodecoder:2,codecparsers_h264:2", "GST_DEBUG_NO_COLOR": "1"}
    return run(OPENH264.format(path).split(), env={**os.environ, **debug})


def pictures_by_openh264(path):
    code, out, complaints = judge_by_openh264(path)
    assert (code, complaints) == (0, "")
    pictures = []
    for line in out.splitlines():
        time, digest = line.split()
        hours, minutes, seconds = time.split(":")
        pictures.append(Picture(round((int(hours) * 60 + int(minutes)) * 60000 + float(seconds) * 1000), digest))
    return pictures


def remux_to_ts(path):
    target = path.with_suffix(".ts")
    run_silently(f"{FFMPEG} -i {path} -c copy -f mpegts {target}".split())
    return target
