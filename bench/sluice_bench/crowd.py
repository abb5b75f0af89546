"""Many sources at once, each with its own streams: what is lost when one machine carries them all? Sluice only; the
other stacks have no more than one source at a time here."""

import time

from . import proc
from .children import BenchError
from .measure import DAMAGE, TRACKS
from .stacks import Sluice
from .tools import Publisher, Sink

START_SECONDS = 60
FRAMES_PER_SECOND = 30


class Crowd:
    """Sluice, its sink and one publisher per source. Who is not ready in time shows as a stream that delivers nothing."""

    def __init__(self, programs, show, work_dir):
        self._programs, self._show, self._work_dir = programs, show, work_dir
        self._closing = []

    def __enter__(self):
        return self

    def start(self, sources, streams_each):
        self.sink = Sink(self._programs, self._work_dir)
        self._closing.append(self.sink.end)
        self.stack = Sluice(self._programs, self._work_dir)
        self._closing.append(self.stack.end)
        self.stack.start(0, self.sink)
        self.keys = set()
        # All of it before the first publisher: later the machine may have no time left for answers.
        shows = [self._add(number, streams_each) for number in range(1, sources + 1)]
        self.publishers = []
        for source in shows:
            self._publish(source)

    def _add(self, number, streams_each):
        source = self.stack.add_source(f"show{number}")
        for stream in range(1, streams_each + 1):
            self.keys.add(f"s{number}k{stream}")
            self.stack.add_stream(f"s{number}k{stream}", enabled=True, source=source["id"])
        return source

    def _publish(self, source):
        log_dir = self._work_dir / source["app"]
        log_dir.mkdir()
        try:
            publisher = Publisher(self._programs, self._show, self.stack.url_of(source), source["key"], log_dir)
        except BenchError:
            return  # the machine is full: the streams that miss it are counted
        self._closing.append(publisher.end)
        self.publishers.append(publisher)

    def wait_for_all(self):
        try:
            self.sink.first_key_frames(self.keys, START_SECONDS)
        except BenchError:
            pass  # the streams that did not come are counted

    def __exit__(self, *_):
        for close in reversed(self._closing):
            try:
                close()
            except BenchError:
                pass  # a publisher that was overrun says so in the result


def measure_crowd(programs, show, work_dir, sources, streams_each, settle_seconds, window_seconds):
    work_dir.mkdir()
    with Crowd(programs, show, work_dir) as crowd:
        crowd.start(sources, streams_each)
        crowd.wait_for_all()
        time.sleep(settle_seconds)
        tools = [crowd.sink.pid, *(publisher.pid for publisher in crowd.publishers)]
        crowd.sink.begin_window()
        watch = proc.CpuWatch({"all": crowd.stack.all_pids()}, tools)
        time.sleep(window_seconds)
        cpu = watch.stop()
        report = crowd.sink.report()
        publishing = sum(publisher.running() for publisher in crowd.publishers)
    streams = report["publishers"]
    return {
        "stack": Sluice.title,
        "sources": sources,
        "streams": len(crowd.keys),
        "window_s": window_seconds,
        "publishing": publishing,
        "delivering": sum(one["video"]["latency"]["count"] > 0 for one in streams),
        "video_frames": report["video_latency"]["count"],
        "video_frames_expected": window_seconds * FRAMES_PER_SECOND * len(crowd.keys),
        **{f"{track}_latency": report[f"{track}_latency"] for track in TRACKS},
        **{what: sum(one[track][what] for one in streams for track in TRACKS) for what in DAMAGE},
        "cpu_ms_per_s": cpu["ms_per_s"]["all"],
        "tools_ms_per_s": cpu["tools_ms_per_s"],
        "other_work_ms_per_s": cpu["other_ms_per_s"],
    }
