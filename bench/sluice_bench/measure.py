"""A steady window of one stack with N streams, and of the manager with a page open."""

import statistics
import time

from . import proc
from .children import BenchError
from .tools import Certificate, Publisher, Sink

# A relay of ffmpeg needs up to 3.4 s to its first key frame, and many start at once.
START_SECONDS = 15
START_SECONDS_PER_STREAM = 0.3
DAMAGE = ("lost", "reordered", "corrupt", "unmarked")
TRACKS = ("video", "audio")


class Run:
    """One stack with its publisher and its sink, from start to end."""

    def __init__(self, stack, programs, show, work_dir):
        self.stack = stack
        self._programs = programs
        self._show = show
        self.work_dir = work_dir
        self._closing = []

    def __enter__(self):
        return self

    def start(self, count):
        self.count = count
        certificate = Certificate(self.work_dir) if self.stack.tls else None
        self.sink = Sink(self._programs, self.work_dir, certificate)
        self._closing.append(self.sink.end)
        self._closing.append(self.stack.end)
        self.stack.start(count, self.sink)
        self.publisher = Publisher(self._programs, self._show, [self.stack.url], self.stack.publish_key, self.work_dir)
        self.publisher.wait_for(1, 15)
        self.stack.show_began()
        waiting = {f"k{number}" for number in range(1, count + 1)}
        self.sink.first_key_frames(waiting, START_SECONDS + START_SECONDS_PER_STREAM * count)

    def window(self, settle_seconds, window_seconds):
        """CPU, memory, latency and damage over a window in which nothing is switched."""
        time.sleep(settle_seconds + self.stack.settle_seconds_per_stream * self.count)
        groups = self.stack.groups()
        tools = [self.publisher.pid, self.sink.pid]
        self.sink.begin_window()
        watch = proc.CpuWatch(groups, tools)
        time.sleep(window_seconds)
        cpu = watch.stop()
        report = self.sink.report()
        memory = {role: [proc.memory_kib(pid) for pid in pids] for role, pids in groups.items()}
        if self.stack.groups() != groups:
            raise BenchError(f"{self.stack.title}: a process ended or began during the measurement.")
        return summary(self.stack, self.count, window_seconds, cpu, memory, report)

    def __exit__(self, *_):
        try:
            if hasattr(self, "publisher"):
                _, self.lateness = self.publisher.end()
        finally:
            for close in reversed(self._closing):
                close()


def summary(stack, count, window_seconds, cpu, memory, report):
    total = sum(cpu["ms_per_s"].values())
    all_processes = [usage for usages in memory.values() for usage in usages]
    relays = memory.get(stack.relay_role, [])
    publishers = report["publishers"]
    return {
        "stack": stack.title,
        "streams": count,
        "window_s": window_seconds,
        "cpu_ms_per_s": {
            "total": total,
            "per_stream": total / count,
            "per_relay_process": cpu["ms_per_s"][stack.relay_role] / len(relays) if relays else None,
            **{f"of_{role}": value for role, value in cpu["ms_per_s"].items()},
        },
        "other_work_ms_per_s": cpu["other_ms_per_s"],
        "tools_ms_per_s": cpu["tools_ms_per_s"],
        "memory_kib": {
            **of_all_and_each("pss", all_processes, relays, count),
            **of_all_and_each("uss", all_processes, relays, count),
            "ring_pss_total": sum(usage["ring_pss"] for usage in all_processes),
        },
        "connected": report["connected"],
        **{f"{track}_latency": report[f"{track}_latency"] for track in TRACKS},
        **{f"{track}_per_stream": [one[track]["latency"]["count"] for one in publishers] for track in TRACKS},
        **{what: sum(one[track][what] for one in publishers for track in TRACKS) for what in DAMAGE},
    }


def of_all_and_each(what, all_processes, relays, count):
    total = sum(usage[what] for usage in all_processes)
    return {
        f"{what}_total": total,
        f"{what}_per_stream": total / count,
        f"{what}_per_relay_process": statistics.mean(usage[what] for usage in relays) if relays else None,
    }


def with_page(run, seconds):
    """What the manager costs without and with a page open, one window each."""
    def manager_cpu():
        watch = proc.CpuWatch({"manager": run.stack.groups()["manager"]}, [])
        time.sleep(seconds)
        return watch.stop()["ms_per_s"]["manager"]

    without = manager_cpu()
    with run.stack.open_page() as page:
        with_one = manager_cpu()
    return {
        "stack": run.stack.title,
        "streams": run.count,
        "manager_ms_per_s": without,
        "manager_with_page_ms_per_s": with_one,
        "page_bytes_per_s": page.received_bytes / seconds,
    }
