"""What a run does, step by step, and how long it still takes."""

import dataclasses
import http.client
import pathlib
import sys
import time
from collections.abc import Callable

from . import micro
from .children import BenchError, Child
from .crowd import measure_crowd
from .measure import Run, with_page
from .ready import measure_start
from .stacks import STACKS, NginxFfmpeg, NodeMediaServer, Sluice, SluicePacked
from .switching import switch_at_nginx, switch_ffmpeg, switch_nms, switch_sluice

# Per size of run:
# - counts, rounds, settle_s, window_s: which N; in each round every stack is watched for window_s, once things have
#   settled. A round goes through all stacks before the next one begins.
# - many: (N, rounds): from N streams on a stack is warmed up first, and there are so many rounds instead.
# - crowd: how many sources with how many streams each are watched for how many seconds; with crowd_stacks.
# - switches: how often one stream is switched, at node-media-server also, and at ffmpeg, whose relays take seconds, and
#   with nginx-rtmp as the platform; switch_tls: over RTMPS too. pause_s lies between two of them.
# - starts: of sluiced. micro_s: for each micro-benchmark.
SIZES = {
    "short": {
        "counts": (2,), "rounds": 1, "settle_s": 0.3, "window_s": 1, "show_s": 6, "gop": 15, "crowd": (2, 2, 1),
        "crowd_stacks": (SluicePacked,),
        "switches": 2, "ffmpeg_switches": 1, "nginx_switches": 1, "switch_tls": False, "pause_s": 0.2,
        "starts": 2, "micro_s": 0.01,
    },
    "normal": {
        "counts": (1, 10), "rounds": 3, "settle_s": 2, "window_s": 5, "show_s": 30, "gop": 60, "crowd": None,
        "switches": 50, "ffmpeg_switches": 5, "nginx_switches": 10, "switch_tls": True, "pause_s": 0.2,
        "starts": 20, "micro_s": 0.3,
    },
}  # fmt: skip
SIZES["full"] = {
    **SIZES["normal"], "counts": (1, 10, 30, 100), "many": (30, 2), "crowd": (50, 10, 60),
    "crowd_stacks": (SluicePacked, Sluice),
}  # fmt: skip
# Beside so many running streams one more is switched on and off.
SWITCHED_BESIDE = 10

# How long things take, roughly; the run corrects itself as it goes.
STACK_SECONDS, STREAM_SECONDS, SWITCH_SECONDS = 2, 0.04, 0.1
FFMPEG_START_SECONDS, CROWD_START_SECONDS, MICRO_BENCHMARKS = 3.5, 40, 20


def say(words):
    print(f"==> {words}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Step:
    words: str
    seconds: float  # an estimate
    act: Callable[[], None]


@dataclasses.dataclass
class Setting:
    """What all steps need."""

    programs: pathlib.Path
    show: pathlib.Path
    work_root: pathlib.Path
    size: dict


def carry_out(steps):
    """Returns, in sentences, which steps failed: what the others found is not thrown away for one round. The estimate of
    what is left is that of the steps, corrected by what those behind have really taken."""
    began, failures = time.monotonic(), []
    behind, whole = 0, sum(step.seconds for step in steps)
    for number, step in enumerate(steps, 1):
        pace = (time.monotonic() - began) / behind if behind else 1
        left_s = (whole - behind) * pace
        left = f"{left_s / 60:.0f} min" if left_s >= 90 else f"{left_s:.0f} s"
        say(f"[{number}/{len(steps)}, about {left} left] {step.words}")
        try:
            step.act()
        except (BenchError, OSError, http.client.HTTPException) as error:
            failures.append(f"{step.words}: {error or type(error).__name__}")
            say(f"failed: {failures[-1]}")
            Child.end_all()
        behind += step.seconds
    return failures


def _streams(count):
    return f"{count} stream{'s' if count > 1 else ''}"


def _is_many(size, count):
    return "many" in size and count >= size["many"][0]


def _rounds(size, count):
    return size["many"][1] if _is_many(size, count) else size["rounds"]


def plan(setting, stacks, results):
    """`results` takes what the steps find: windows, page, switching, start, crowd and micro."""
    size, steps = setting.size, []
    for count in size["counts"]:
        for number in range(1, _rounds(size, count) + 1):
            steps += [_window(setting, stack, count, number, results) for stack in stacks]
    if Sluice in stacks:
        steps.append(_starts(setting, results))
    if size["crowd"]:
        steps += [_crowd(setting, stack, results) for stack in size["crowd_stacks"] if stack in stacks]
    if (setting.programs / micro.PROGRAM).exists():
        steps.append(_micro(setting, results))
    return steps


def _window(setting, stack_type, count, number, results):
    size = setting.size
    last = number == _rounds(size, count)
    settle = size["settle_s"] + (stack_type.warm_up_s if _is_many(size, count) else 0)
    # Over RTMPS a short run switches nothing.
    switched = last and (size["switch_tls"] or not stack_type.tls)
    extras = _switches(size, stack_type) if switched and count == min(SWITCHED_BESIDE, max(size["counts"])) else []
    page = last and stack_type is Sluice

    def act():
        name = next(name for name, known in STACKS.items() if known is stack_type)
        work_dir = setting.work_root / f"{name}-{count}-{number}"
        work_dir.mkdir()
        with Run(stack_type(setting.programs, work_dir), setting.programs, setting.show, work_dir) as run:
            run.start(count)
            window = run.window(settle, size["window_s"])
            if page:
                results["page"].append(with_page(run, size["window_s"]))
            for _, _, switch in extras:
                results["switching"].append(switch(run))
        results["windows"].append({**window, "publisher_lateness": run.lateness})

    seconds = STACK_SECONDS + settle + size["window_s"] * (3 if page else 1)
    seconds += (STREAM_SECONDS + stack_type.settle_seconds_per_stream) * count
    if issubclass(stack_type, NginxFfmpeg):
        seconds += FFMPEG_START_SECONDS
    words = f"{stack_type.title}, {_streams(count)}, round {number} of {_rounds(size, count)}"
    more = [what for what, _, _ in extras] + (["with a page open"] if page else [])
    return Step(", ".join([words, *more]), seconds + sum(seconds for _, seconds, _ in extras), act)


def _switches(size, stack_type):
    """What is switched there: [(words, seconds, function)]."""
    pause = size["pause_s"]
    each = 2 * pause + SWITCH_SECONDS

    def times(words, name, switch, seconds=each):
        count = size[name]
        return (f"{words} {count} times", seconds * count, lambda run: switch(run, count, pause))

    if issubclass(stack_type, Sluice):
        found = [times("switching one stream", "switches", switch_sluice)]
        if not stack_type.tls:
            found.append(times("at nginx-rtmp", "nginx_switches", switch_at_nginx))
        return found
    if issubclass(stack_type, NginxFfmpeg):
        return [times("switching one stream", "ffmpeg_switches", switch_ffmpeg, each + FFMPEG_START_SECONDS)]
    if issubclass(stack_type, NodeMediaServer):
        return [times("switching one stream", "switches", switch_nms)]
    return []


def _starts(setting, results):
    count = setting.size["starts"]

    def act():
        results["start"].append(measure_start(setting.programs, setting.work_root / "start", count))

    return Step(f"{Sluice.title}, starting {count} times", 0.1 * count, act)


def _micro(setting, results):
    seconds = setting.size["micro_s"]

    def act():
        results["micro"] = micro.run_micro(setting.programs, seconds)

    return Step("micro-benchmarks", MICRO_BENCHMARKS * seconds + 2, act)


def _crowd(setting, stack_type, results):
    sources, streams_each, seconds = setting.size["crowd"]

    def act():
        work_dir = setting.work_root / f"crowd-{stack_type.streams_per_relay}"
        work_dir.mkdir()
        stack = stack_type(setting.programs, work_dir)
        settle = setting.size["settle_s"]
        found = measure_crowd(stack, setting.programs, setting.show, work_dir, sources, streams_each, settle, seconds)
        results["crowd"].append(found)

    words = f"{stack_type.title}, {sources} sources with {streams_each} streams each, {seconds} s"
    return Step(words, seconds + CROWD_START_SECONDS * sources * streams_each / 500, act)
