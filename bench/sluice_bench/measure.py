"""The measurements: a steady window of one stack with N streams, and switching one stream on and off."""

import random
import statistics
import time

from . import proc
from .children import BenchError, Gone
from .tools import Certificate, Publisher, Sink

# A relay of ffmpeg needs up to 3.4 s to its first key frame, and many start at once.
START_SECONDS = 15
START_SECONDS_PER_STREAM = 0.3
# What many ffmpegs had to catch up with after probing must not be in the window.
SETTLE_SECONDS_PER_STREAM = 0.1
DAMAGE = ("lost", "reordered", "corrupt", "unmarked")
TRACKS = ("video", "audio")


class Run:
    """One stack with its publisher and its sink, from start to end."""

    def __init__(self, stack, programs, show, work_dir):
        self.stack = stack
        self._programs = programs
        self._show = show
        self._work_dir = work_dir
        self._closing = []

    def __enter__(self):
        return self

    def start(self, count):
        self.count = count
        certificate = Certificate(self._work_dir) if self.stack.tls else None
        self.sink = Sink(self._programs, self._work_dir, certificate)
        self._closing.append(self.sink.end)
        self._closing.append(self.stack.end)
        self.stack.start(count, self.sink)
        key = getattr(self.stack, "publish_key", "")
        self.publisher = Publisher(self._programs, self._show, [self.stack.url], key, self._work_dir)
        self.publisher.wait_for(1, 15)
        self.stack.show_began()
        waiting = {f"k{number}" for number in range(1, count + 1)}
        self.sink.first_key_frames(waiting, START_SECONDS + START_SECONDS_PER_STREAM * count)

    def steady(self, settle_seconds, window_seconds):
        """CPU, memory, latency and damage over a window in which nothing is switched."""
        time.sleep(settle_seconds + SETTLE_SECONDS_PER_STREAM * self.count)
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


def growth(steady):
    """Per stack and pair N, M of the run, N < M: what each further stream cost on the way from N to M."""
    found = []
    for few in steady:
        for many in steady:
            if few["stack"] != many["stack"] or not few["streams"] < many["streams"]:
                continue
            more = many["streams"] - few["streams"]
            found.append({
                "stack": few["stack"],
                "from": few["streams"],
                "to": many["streams"],
                "cpu_ms_per_s": (many["cpu_ms_per_s"]["total"] - few["cpu_ms_per_s"]["total"]) / more,
                "pss_kib": (many["memory_kib"]["pss_total"] - few["memory_kib"]["pss_total"]) / more,
            })
    return found


def switch_sluice(run, times, pause_seconds):
    """Switches one more stream on and off over REST, at moments that have nothing to do with key frames. One that
    has no process of its own is gone when its connection is."""
    stack, sink = run.stack, run.sink
    alone = stack.streams_per_relay == 1
    stream = stack.add_stream("switched", enabled=False)
    moments = random.Random(1)
    key_ms, gone_ms, answer_on_ms, answer_off_ms = [], [], [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        stack.begin_switch(stream, True)
        answer = stack.end_switch()
        answer_on_ms.append((time.monotonic_ns() - began) / 1e6)
        key_ms.append((sink.first_key_frame("switched", 10)["ns"] - began) / 1e6)

        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        gone = Gone(answer["pid"]) if alone else None
        began = time.monotonic_ns()
        stack.begin_switch(stream, False)
        ended = gone.wait(5, "the relay that was switched off") if alone else sink.closed("switched", 5)["ns"]
        gone_ms.append((ended - began) / 1e6)
        stack.end_switch()
        answer_off_ms.append((time.monotonic_ns() - began) / 1e6)
    return {
        "stack": stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "enable_to_answer": spread(answer_on_ms),
        "disable_to_gone" if alone else "disable_to_closed": spread(gone_ms),
        "disable_to_answer": spread(answer_off_ms),
    }


def switch_ffmpeg(run, times, pause_seconds):
    """The same for ffmpeg, without the cost of the backend that starts it."""
    moments = random.Random(1)
    key_ms, gone_ms = [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        relay = run.stack.spawn_relay("switched")
        first = run.sink.first_key_frame("switched", START_SECONDS)
        key_ms.append((first["ns"] - relay.started_ns) / 1e6)
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        gone = Gone(relay.pid)
        began = time.monotonic_ns()
        relay.process.terminate()
        gone_ms.append((gone.wait(5, "ffmpeg") - began) / 1e6)
        relay.end()
    return {
        "stack": run.stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "disable_to_gone": spread(gone_ms),
    }


def switch_nms(run, times, pause_seconds):
    """The same for node-media-server: one process for all, so that the end is that of the connection."""
    moments = random.Random(1)
    key_ms, closed_ms = [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        run.stack.switch_on("switched")
        key_ms.append((run.sink.first_key_frame("switched", START_SECONDS)["ns"] - began) / 1e6)
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        run.stack.switch_off("switched")
        closed_ms.append((run.sink.closed("switched", 10)["ns"] - began) / 1e6)
    return {
        "stack": run.stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "disable_to_closed": spread(closed_ms),
    }


def spread(values_ms):
    return {"n": len(values_ms), "min_ms": min(values_ms), "median_ms": statistics.median(values_ms),
            "max_ms": max(values_ms)}
