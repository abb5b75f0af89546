"""The goals, and what a run says about each: ratios within the run, and times that any machine of today should keep.
Nothing asserts them."""

from .stacks import (
    Limit,
    LimitTls,
    NginxFfmpeg,
    NginxPush,
    NginxPushTls,
    Sluice,
    SluicePacked,
    SluicePackedTls,
    SluiceTls,
)

# Where the fixed cost of a stack is shared by enough streams.
COUNTS = (10, 30, 100)
MANY = (30, 100)
LATENCY_COUNT = 30
MAX_PSS_BYTES = 1_200_000
# Fewer say nothing about the worst.
SWITCHES = 50
CROWD = (50, 10, 60)  # sources, streams each, seconds
# Clocks of publisher and window differ by a frame or two.
FRAMES_THAT_MUST_COME = 0.995


class _Found:
    """A run's results, by what is asked for; None: not measured."""

    def __init__(self, results):
        self._results = results

    def steady(self, stack, count):
        of_it = (run for run in self._results["steady"] if run["stack"] == stack.title and run["streams"] == count)
        return next(of_it, None)

    def _of_steady(self, stack, count, group, figure):
        run = self.steady(stack, count)
        return run and run[group][figure]

    def cpu(self, stack, count):
        return self._of_steady(stack, count, "cpu_ms_per_s", "per_stream")

    def pss_kib(self, stack, count):
        return self._of_steady(stack, count, "memory_kib", "pss_per_relay_process")

    def latency_ms(self, stack, track, percentile):
        us = self._of_steady(stack, LATENCY_COUNT, f"{track}_latency", f"{percentile}_us")
        return us and us / 1000

    def switched_ms(self, stack, whats, figure):
        for run in self._results["switching"]:
            for what in whats:
                if run["stack"] == stack.title and what in run and run[what]["n"] >= SWITCHES:
                    return run[what][figure]
        return None

    def crowd(self, stack):
        sources, each, seconds = CROWD
        for run in self._results["crowd"]:
            size = (run["sources"], run["streams"], run["window_s"])
            if run["stack"] == stack.title and size == (sources, sources * each, seconds):
                return run
        return None


def _goal(words, limit, figure, unit="", digits=2):
    return {
        "goal": words,
        "limit": limit,
        "limit_words": f"{limit:g}{unit}" if unit else f"{limit:.{digits}f}",
        "figure": figure,
        "figure_words": None if figure is None else f"{figure:.{digits}f}{unit}",
        "met": None if figure is None else figure <= limit,
    }


def _ratio(one, other):
    return None if one is None or not other else one / other


def _ratios(found):
    def cpu(words, limit, stack, other, counts):
        for count in counts:
            ratio = _ratio(found.cpu(stack, count), found.cpu(other, count))
            yield _goal(f"CPU per stream, N = {count}: {words}", limit, ratio)

    yield from cpu("Sluice / nginx-rtmp + ffmpeg", 1 / 5, Sluice, NginxFfmpeg, COUNTS)
    yield from cpu("Sluice, RTMPS / nginx-rtmp push + stunnel", 1 / 2, SluiceTls, NginxPushTls, COUNTS)
    yield from cpu("Sluice, packed / nginx-rtmp push", 1, SluicePacked, NginxPush, MANY)
    yield from cpu("Sluice, packed / bare limit", 1.5, SluicePacked, Limit, MANY)
    yield from cpu("Sluice, packed, RTMPS / bare limit, RTMPS", 1.5, SluicePackedTls, LimitTls, MANY)
    for stack in (Sluice, SluicePacked):
        ratio = _ratio(found.cpu(stack, 100), found.cpu(stack, 30))
        yield _goal(f"CPU per stream, {stack.title}: N = 100 / N = 30", 1, ratio)


def _memory(found):
    for count in COUNTS:
        pss = found.pss_kib(Sluice, count)
        ratio = _ratio(pss, found.pss_kib(NginxFfmpeg, count))
        yield _goal(f"PSS per process, N = {count}: Sluice's relay / ffmpeg", 1 / 12, ratio, digits=3)
        megabytes = pss and pss * 1024 / 1e6
        yield _goal(f"PSS per process, N = {count}: Sluice's relay", MAX_PSS_BYTES / 1e6, megabytes, " MB")


def _latencies(found):
    for stack in (Sluice, SluicePacked):
        for track, percentile, limit in (("video", "p50", 1), ("video", "p99", 5), ("audio", "p99", 30)):
            latency = found.latency_ms(stack, track, percentile)
            yield _goal(f"latency of {track}, N = {LATENCY_COUNT}, {percentile}: {stack.title}", limit, latency, " ms")


def _switches(found):
    on, off = ("enable_to_first_key_frame",), ("disable_to_gone", "disable_to_closed")
    for stack in (Sluice, SluicePacked):
        for words, whats, figure, limit in (
            (f"on, median of {SWITCHES}", on, "median_ms", 30),
            (f"on, worst of {SWITCHES}", on, "max_ms", 100),
            (f"off, worst of {SWITCHES}", off, "max_ms", 50),
        ):
            yield _goal(f"{words}: {stack.title}", limit, found.switched_ms(stack, whats, figure), " ms", digits=1)


def _crowds(found):
    sources, each, seconds = CROWD
    for stack in (SluicePacked, Sluice):
        run = found.crowd(stack)
        words = f"{sources * each} streams from {sources} sources for {seconds} s, frames lost: {stack.title}"
        goal = _goal(words, 0, run and run["lost"], digits=0)
        if run:
            came = run["video_frames"] / run["video_frames_expected"]
            goal["figure_words"] += f"; {run['delivering']} deliver, {came:.0%} came"
            goal["met"] = goal["met"] and _all_came(run)
        yield goal


def _all_came(run):
    return (
        run["publishing"] == run["sources"]
        and run["delivering"] == run["streams"]
        and run["reordered"] + run["unmarked"] == 0
        and run["video_frames"] >= FRAMES_THAT_MUST_COME * run["video_frames_expected"]
    )


def judge(results):
    """One entry per goal; `figure` and `met` are None where this run has not measured it."""
    found = _Found(results)
    return [goal for part in (_ratios, _memory, _latencies, _switches, _crowds) for goal in part(found)]
