"""FFmpeg and OpenH264 as judges of what a platform received: not one warning, and what they saw."""

import collections
import os
import subprocess

TIMEOUT = 60
Frame = collections.namedtuple("Frame", "pts hash")

FFMPEG = "ffmpeg -nostdin -v warning -xerror -err_detect explode -copyts"
OPENH264 = (
    "gst-launch-1.0 -q filesrc location={} ! flvdemux ! h264parse ! openh264dec ! checksumsink sync=false hash=md5"
)


def run_silently(command, **more):
    """What it prints; nothing may be said on stderr."""
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, **more
    )
    assert (done.returncode, done.stderr) == (0, ""), " ".join(map(str, command))
    return done.stdout


def frames_by_ffmpeg(path, stream):
    """(time in milliseconds, hash) of what a stream ("v" or "a") is decoded to, as it is shown."""
    report = run_silently(
        f"{FFMPEG} -i {path} -map 0:{stream} -fps_mode passthrough -enc_time_base -1 -f framemd5 -".split()
    )
    frames = []
    for line in report.splitlines():
        if line.startswith("#tb"):
            above, below = map(int, line.split()[-1].split("/"))
        elif not line.startswith("#"):
            fields = [field.strip() for field in line.split(",")]
            frames.append(Frame(round(int(fields[2]) * 1000 * above / below), fields[5]))
    return frames


def frames_by_openh264(path):
    """The same of the pictures. In GStreamer's debug log the other parts grumble about the end of the file; the parser
    and the decoder may not."""
    debug = {"GST_DEBUG": "h264parse:2,openh264dec:2,videodecoder:2,codecparsers_h264:2", "GST_DEBUG_NO_COLOR": "1"}
    frames = []
    for line in run_silently(OPENH264.format(path).split(), env={**os.environ, **debug}).splitlines():
        time, digest = line.split()
        hours, minutes, seconds = time.split(":")
        frames.append(Frame(round((int(hours) * 60 + int(minutes)) * 60000 + float(seconds) * 1000), digest))
    return frames


def remux_to_ts(path):
    target = path.with_suffix(".ts")
    run_silently(f"{FFMPEG} -i {path} -c copy -f mpegts {target}".split())
    return target
