"""Many sources at once, each with its own streams: what is lost when one machine carries them all? Sluice only; the
other stacks have no more than one source at a time here."""

import time

from . import proc
from .children import BenchError
from .measure import DAMAGE, TRACKS
from .tools import Publisher, Sink

START_SECONDS = 60
FRAMES_PER_SECOND = 30


class Crowd:
    """Sluice, its sink and a publisher for all sources. What is not ready in time shows as a stream that delivers
    nothing."""

    def __init__(self, stack, programs, show, work_dir):
        self.stack = stack
        self._programs, self._show, self._work_dir = programs, show, work_dir
        self._closing = []

    def __enter__(self):
        return self

    def start(self, sources, streams_each):
        self.sink = Sink(self._programs, self._work_dir, order_only=True)
        self._closing.append(self.sink.end)
        self._closing.append(self.stack.end)
        self.stack.start(0, self.sink)
        self.keys = set()
        # All of it before the first show: afterwards the machine may have no time left for answers.
        urls = [self._add(number, streams_each) for number in range(1, sources + 1)]
        self.publisher = Publisher(self._programs, self._show, urls, "", self._work_dir)
        self._closing.append(self.publisher.end)
        self._wait(lambda: self.publisher.wait_for(sources, START_SECONDS))
        self._wait(lambda: self.sink.first_key_frames(self.keys, START_SECONDS))

    def _add(self, number, streams_each):
        source = self.stack.add_source(f"show{number}")
        for stream in range(1, streams_each + 1):
            self.keys.add(f"s{number}k{stream}")
            self.stack.add_stream(f"s{number}k{stream}", enabled=True, source=source["id"])
        return self.stack.url_of(source)

    @staticmethod
    def _wait(what):
        try:
            what()
        except BenchError:
            pass  # the machine is full: what did not come is counted

    def end_shows(self):
        """How many were still publishing."""
        self._closing.remove(self.publisher.end)
        try:
            publishing, _ = self.publisher.end()
        except BenchError:
            return 0  # it ends by itself when none is left
        return publishing

    def __exit__(self, *_):
        for close in reversed(self._closing):
            close()


def measure_crowd(stack, programs, show, work_dir, sources, streams_each, settle_seconds, window_seconds):
    with Crowd(stack, programs, show, work_dir) as crowd:
        crowd.start(sources, streams_each)
        time.sleep(settle_seconds)
        crowd.sink.begin_window()
        watch = proc.CpuWatch({"all": stack.all_pids()}, [crowd.sink.pid, crowd.publisher.pid])
        time.sleep(window_seconds)
        cpu = watch.stop()
        report = crowd.sink.report()
        publishing = crowd.end_shows()
    streams = report["publishers"]
    return {
        "stack": stack.title,
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
