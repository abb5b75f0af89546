"""Runs the whole comparison. Started by scripts/bench, which has built everything: python3 -m sluice_bench."""

import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import charts, check, report
from .children import BenchError, Child
from .crowd import measure_crowd
from .measure import Run, growth, switch_ffmpeg, switch_nms, switch_sluice, with_page
from .ready import measure_start
from .show import make_show
from .stacks import STACKS, NginxFfmpeg, NodeMediaServer, Sluice

# Per size of run: which N, how many sources with how many streams each are watched for how many seconds, how long things settle and are measured, how often is switched, how long each
# micro-benchmark runs.
SIZES = {
    "short": {
        "counts": (2,), "show_s": 6, "gop": 15, "switch_tls": False, "settle_s": 0.3, "window_s": 1,
        "crowd": (2, 2, 1), "switches": 2, "ffmpeg_switches": 1, "starts": 2, "pause_s": 0.2, "micro_s": 0.01,
    },
    "normal": {
        "counts": (1, 10), "crowd": None, "show_s": 30, "gop": 60, "switch_tls": True, "settle_s": 4, "window_s": 20,
        "switches": 50, "ffmpeg_switches": 5, "starts": 20, "pause_s": 0.3, "micro_s": 0.3,
    },
    "full": {
        "counts": (1, 10, 30, 100), "crowd": (50, 10, 60), "show_s": 30, "gop": 60, "switch_tls": True, "settle_s": 4, "window_s": 20,
        "switches": 50, "ffmpeg_switches": 5, "starts": 20, "pause_s": 0.3, "micro_s": 0.3,
    },
}  # fmt: skip
# Beside so many running streams one more is switched on and off.
SWITCHED_BESIDE = 10
SWITCHERS = (
    (Sluice, "switches", switch_sluice),
    (NginxFfmpeg, "ffmpeg_switches", switch_ffmpeg),
    (NodeMediaServer, "switches", switch_nms),
)


def say(words):
    print(f"==> {words}", file=sys.stderr, flush=True)


def installed(stacks, programs):
    """Without those whose programs this machine does not have."""
    present = []
    for stack in stacks:
        if missing := stack.missing(programs):
            say(f"leaving out {stack.title}: {missing}")
        else:
            present.append(stack)
    return present


def measure_stack(stack_type, count, size, show, options, work_root, results):
    work_dir = work_root / f"{stack_type.__name__.lower()}-{count}"
    work_dir.mkdir()
    say(f"{stack_type.title}, {count} stream{'s' if count > 1 else ''}")
    with Run(stack_type(options.programs, work_dir), options.programs, show, work_dir) as run:
        run.start(count)
        steady = run.steady(size["settle_s"], size["window_s"])
        results["steady"].append(steady)
        if stack_type is Sluice:
            say(f"{stack_type.title}, with a page open")
            results["page"].append(with_page(run, size["window_s"]))
        # Beside ten streams, or as many as this run has at most.
        switched = size["switch_tls"] or not stack_type.tls
        if switched and count == min(SWITCHED_BESIDE, max(size["counts"])):
            switch_one(run, size, results)
    steady["publisher_lateness"] = run.lateness


def switch_one(run, size, results):
    for kind, times, switch in SWITCHERS:
        if isinstance(run.stack, kind):
            say(f"{run.stack.title}, switching one stream {size[times]} times")
            results["switching"].append(switch(run, size[times], size["pause_s"]))


def run_crowd(size, show, options, work_root):
    sources, streams_each, seconds = size["crowd"]
    say(f"{Sluice.title}, {sources} sources with {streams_each} streams each, {seconds} s")
    work_dir = work_root / "crowd"
    return measure_crowd(options.programs, show, work_dir, sources, streams_each, size["settle_s"], seconds)


def run_micro(programs, seconds):
    program = programs / "bench_micro"
    if not program.exists():
        say("leaving out the micro-benchmarks: built without libbenchmark-dev")
        return []
    say("micro-benchmarks")
    argv = [program, "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise BenchError(f"bench_micro failed: {done.stderr[-500:]}")
    runs = json.loads(done.stdout)["benchmarks"]
    if failed := [run for run in runs if run.get("error_occurred")]:
        raise BenchError(f"bench_micro: {failed[0]['name']}: {failed[0]['error_message']}")
    return [{"name": run["name"], "cpu_time": run["cpu_time"]} for run in runs]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    for name, words in (("short", "a smoke test: does everything work?"), ("full", "also 30 and 100 streams, and 500 from 50 sources")):
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=words)
    parser.add_argument("--stack", choices=STACKS, action="append", help="only this one")
    parser.add_argument("--root", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(size="normal")
    return parser.parse_args()


def run_all(options, results):
    size = SIZES[options.size]
    stacks = [STACKS[name] for name in options.stack or STACKS]
    if not options.stack:
        stacks = installed(stacks, options.programs)
    say(f"the show: {size['show_s']} s, made once")
    show = make_show(options.results, size["show_s"], size["gop"])
    work_root = pathlib.Path(tempfile.mkdtemp(prefix="sluice-bench-"))
    keep_logs = False
    try:
        for count in size["counts"]:
            for stack in stacks:
                measure_stack(stack, count, size, show, options, work_root, results)
        results["growth"] = growth(results["steady"])
        if Sluice in stacks:
            say(f"{Sluice.title}, starting {size['starts']} times")
            results["start"].append(measure_start(options.programs, work_root / "start", size["starts"]))
            if size["crowd"]:
                results["crowd"].append(run_crowd(size, show, options, work_root))
        results["micro"] = run_micro(options.programs, size["micro_s"])
    except BenchError as error:
        keep_logs = True
        raise BenchError(f"{error} The logs are in {work_root}.") from error
    finally:
        Child.end_all()
        if not keep_logs:
            shutil.rmtree(work_root)


def main():
    options = parse_arguments()
    # SIGTERM takes the same way out as Ctrl-C: through every `finally`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = {"environment": report.environment(options.root), "size": options.size}
    results |= {"steady": [], "page": [], "switching": [], "growth": [], "start": [], "crowd": [], "micro": []}
    began = time.monotonic()
    try:
        run_all(options, results)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything that was started is ended.", file=sys.stderr)
        return 130
    results["seconds"] = round(time.monotonic() - began)
    report.write(results, options.results)
    charts.draw(results, options.results)
    print(report.markdown(results))
    complaints = check.complaints(results)
    for complaint in complaints:
        print(f"error: {complaint}", file=sys.stderr)
    say(f"done in {results['seconds']} s; results.json and results.md are in {options.results}")
    return 1 if complaints else 0


sys.exit(main())
