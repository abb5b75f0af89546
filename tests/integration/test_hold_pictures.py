# label: full
"""A recording with a hold in it, as real decoders see it: FFmpeg's and OpenH264's. Not one warning, every picture at its
time, and during the hold the last key frame that was live, over and over."""

import dataclasses
import hashlib
import itertools
import json
import pathlib

import flv
import pytest
from decoders import FFMPEG, frames_by_ffmpeg, judge_by_openh264, pictures_by_openh264, remux_to_ts, run, run_silently
from holds import rises, shown_at
from processes import BIN

HIGH = "-preset veryfast -profile:v high -bf 2 -x264-params cabac=1:weightp=2:ref=3"
MAIN = "-preset veryfast -profile:v main -bf 2 -x264-params cabac=1:weightp=1"
BASELINE = "-preset ultrafast -profile:v baseline -bf 0 -x264-params cabac=0"
QUICK_HIGH = "-preset ultrafast -profile:v high -bf 2 -x264-params cabac=1:weightp=2"
QUICK_CAVLC = "-preset ultrafast -profile:v high -bf 2 -x264-params cabac=0:weightp=2"


@dataclasses.dataclass
class Show:
    name: str
    size: str
    rate: str
    encoder: str
    sound: tuple  # samples a second, channels
    gop: int = 15
    cut: int = 22  # pictures before the hold
    hold: int = 40  # pictures of it
    interval: int = 15  # from one key frame of the hold to the next
    filters: str = ""  # of packets, on the way into the file

    @property
    def resumed(self):
        """The first key frame behind the cut."""
        return -(-self.cut // self.gop) * self.gop

    @property
    def frames(self):
        return self.resumed + 5

    @property
    def pictures_per_second(self):
        above, _, below = self.rate.partition("/")
        return int(above) / int(below or 1)


SHOWS = [
    Show("high", "1920x1080", "30", HIGH, (48000, 2)),
    Show("high-cavlc", "1920x1080", "25", QUICK_CAVLC, (48000, 1)),
    Show("high-4-slices", "1280x720", "25", HIGH + ":slices=4", (44100, 2)),
    Show("main", "1280x720", "60", MAIN, (44100, 1)),
    Show("baseline", "1280x720", "30", BASELINE, (48000, 2)),
    Show("baseline-4-slices", "1920x1080", "60", BASELINE + ":slices=4", (48000, 1)),
    Show("high-2160", "3840x2160", "60", QUICK_HIGH, (48000, 2), gop=8, cut=9, hold=10, interval=8),
    # What OBS leaves to x264: three B-frames, one of them a reference.
    Show("defaults", "1280x720", "30", "-preset veryfast", (48000, 2)),
    # An odd rate and size; a hold in which frame_num and the picture order wrap around many times.
    Show("long-hold", "856x474", "30000/1001", HIGH, (48000, 2), hold=400, interval=300),
    # Cut behind a key frame; and a hold that would end with one.
    Show("cut-at-key-frame", "640x360", "30", HIGH, (48000, 2), cut=16, hold=46, interval=15),
    Show("shortest-hold", "640x360", "30", BASELINE, (48000, 2), hold=1),
    # Buffering periods, picture timing, filler and delimiters, which a hold leaves out; parameter sets, which stay.
    Show("constant-rate", "640x360", "30", f"-b:v 2M -maxrate 2M -bufsize 2M {HIGH}:nal-hrd=cbr:filler=1:aud=1", (48000, 2),
         filters="-bsf:v dump_extra=freq=keyframe"),
    Show("one-reference", "640x360", "30", MAIN + ":ref=1:b-pyramid=none", (48000, 2)),
    Show("no-deblocking-control", "640x360", "30", BASELINE + ":deblock=0,0:no-deblock=0", (48000, 2)),
]  # fmt: skip


def record(show, directory):
    path = directory / "show.flv"
    rate, channels = show.sound
    pictures = f"testsrc2=size={show.size}:rate={show.rate},fade=in:5:25"  # what weighted prediction is for
    run_silently(
        f"ffmpeg -v error -f lavfi -i {pictures} -f lavfi -i anoisesrc=sample_rate={rate}:seed=1 -ac {channels} "
        f"-frames:v {show.frames} -shortest -pix_fmt yuv420p -g {show.gop} -sc_threshold 0 -c:v libx264 {show.encoder} "
        f"-c:a aac {show.filters} -f flv {path}".split()
    )
    return path


def splice_command(show, recording, spliced):
    return [
        BIN / "hold_splice", recording, spliced, "--cut", show.cut, "--hold", show.hold,
        "--rate", show.pictures_per_second, "--interval", show.interval,
    ]  # fmt: skip


@dataclasses.dataclass
class Spliced:
    show: Show
    recording: pathlib.Path
    path: pathlib.Path
    hold: dict


def splice(show, directory):
    recording, path = record(show, directory), directory / "spliced.flv"
    return Spliced(show, recording, path, json.loads(run_silently(splice_command(show, recording, path))))


@pytest.fixture(params=SHOWS, ids=lambda show: show.name, scope="module")
def spliced(request, tmp_path_factory):
    return splice(request.param, tmp_path_factory.mktemp("hold"))


@pytest.fixture(scope="module")
def seen(spliced):
    return frames_by_ffmpeg(spliced.path, "v")


def test_timestamps_rise_on_each_track(spliced, seen):
    packets = flv.read(spliced.path)
    for kind in ("audio", "video"):
        assert rises([packet.timestamp for packet in packets if packet.kind == kind and not packet.is_header])
    shown = [shown_at(p) for p in packets if p.kind == "video" and not p.is_header]
    assert rises(sorted(shown))
    assert [picture.pts for picture in seen] == sorted(shown)


def held(spliced, pictures):
    return [p for p in pictures if spliced.hold["first_pts"] <= p.pts <= spliced.hold["last_pts"]]


def test_hold_shows_the_last_live_key_frame(spliced, seen, figure):
    (key_frame,) = [picture.hash for picture in seen if picture.pts == spliced.hold["key_frame_pts"]]
    assert [picture.hash for picture in held(spliced, seen)] == [key_frame] * spliced.hold["pictures"]
    assert spliced.hold["pictures"] >= spliced.show.hold
    figure(f"{spliced.show.name} {spliced.show.size}: bytes of a skipped picture", spliced.hold["skipped_bytes"])


def test_what_is_live_before_and_after_is_untouched(spliced, seen):
    original = frames_by_ffmpeg(spliced.recording, "v")
    before = [picture for picture in seen if picture.pts < spliced.hold["first_pts"]]
    after = [picture.hash for picture in seen if picture.pts > spliced.hold["last_pts"]]
    assert set(before) <= set(original) and len(before) == spliced.show.cut
    assert after == [picture.hash for picture in original[spliced.show.resumed :]]


def test_transport_stream_shows_the_same(spliced, seen):
    pictures = frames_by_ffmpeg(remux_to_ts(spliced.path), "v")
    assert [picture.hash for picture in pictures] == [picture.hash for picture in seen]
    assert rises([picture.pts for picture in pictures])


def test_openh264_shows_the_same(spliced, seen):
    """But for pictures between key frames: Debian's OpenH264 errs in x264's weighted predictions, hold or not."""
    pictures = pictures_by_openh264(spliced.path)
    assert [picture.pts for picture in pictures] == [picture.pts for picture in seen]
    assert held(spliced, pictures) == held(spliced, seen)
    resumed = seen.index(held(spliced, seen)[-1]) + 1
    assert pictures[resumed] == seen[resumed]


def test_silence_is_silent(spliced):
    rate, channels = spliced.show.sound
    packets = [p for p in flv.read(spliced.path) if p.kind == "audio" and not p.is_header]
    silent = [packet.timestamp for packet in packets if packet.size < 9]
    pause = spliced.hold["last_pts"] - spliced.hold["first_pts"]
    assert len(silent) >= pause * rate / 1024 / 1000 - 1
    times = [packet.timestamp for packet in packets]
    assert max(b - a for a, b in itertools.pairwise(times)) < 2 * 1024 * 1000 / rate
    sound = frames_by_ffmpeg(spliced.path, "a")
    assert len(sound) == len(times)
    zeros = hashlib.md5(bytes(1024 * channels * 2)).hexdigest()
    # The first one overlaps with the sound before.
    assert {frame.hash for frame, time in zip(sound, times) if time in silent[1:]} == {zeros}


ONE = Show("one", "640x360", "30", HIGH, (48000, 2))


def test_decoders_would_notice_a_wrong_bit(tmp_path):
    """Both are strict enough to prove anything."""
    one = splice(ONE, tmp_path)
    data = bytearray(one.path.read_bytes())
    smallest, _ = one.hold["skipped_bytes"]
    picture = data.index((smallest - 4).to_bytes(4, "big") + b"\x21")
    data[picture + 9] ^= 0x80  # behind the slice header
    one.path.write_bytes(data)
    code, _, complaints = run(f"{FFMPEG} -i {one.path} -map 0:v -f null -".split())
    assert code != 0 and complaints
    code, _, complaints = judge_by_openh264(one.path)
    assert code != 0 or complaints


@pytest.mark.parametrize(
    "encoder",
    [
        "-x264-params tff=1",
        "-x264-params cabac=0:fake-interlaced=1",
        "-profile:v high422 -pix_fmt yuv422p",
        "-profile:v high444 -pix_fmt yuv444p",
        "-x264-params keyint=1",
        "-x264-params open-gop=1:bframes=2",
    ],
    ids=lambda encoder: encoder.split()[1],
)
def test_what_cannot_be_repeated_is_refused(encoder, tmp_path):
    show = dataclasses.replace(ONE, encoder=f"-preset veryfast {encoder}")
    code, out, complaints = run(splice_command(show, record(show, tmp_path), tmp_path / "spliced.flv"))
    assert (code, out) == (3, "")
    assert complaints == "hold_splice: no hold pictures can be made of this\n"
