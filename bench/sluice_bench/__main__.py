"""Runs the whole comparison. Started by scripts/bench, which has built everything: python3 -m sluice_bench."""

import argparse
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from . import charts, check, goals, report
from .children import BenchError, Child
from .plan import SIZES, Setting, carry_out, plan, say
from .rounds import combine, growth
from .show import make_show
from .stacks import STACKS


def installed(stacks, programs):
    """Without those whose programs this machine does not have."""
    present = []
    for stack in stacks:
        if missing := stack.missing(programs):
            say(f"leaving out {stack.title}: {missing}")
        else:
            present.append(stack)
    return present


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    sizes = {"short": "a smoke test: does everything work?", "full": "also 30 and 100 streams, and 500 from 50 sources"}
    for name, words in sizes.items():
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=words)
    rounds_help = "instead of 3 (2 from 30 streams on), or of 1 with --short"
    parser.add_argument("--rounds", type=int, choices=range(1, 10), metavar="N", help=rounds_help)
    parser.add_argument("--stack", choices=STACKS, action="append", help="only this one")
    parser.add_argument("--root", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(size="normal")
    return parser.parse_args()


def run_all(options, results):
    size = dict(SIZES[options.size])
    if options.rounds:
        size["rounds"] = options.rounds
        if "many" in size:
            size["many"] = (size["many"][0], options.rounds)
    stacks = [STACKS[name] for name in options.stack or STACKS]
    if not options.stack:
        stacks = installed(stacks, options.programs)
    say(f"the show: {size['show_s']} s, made once")
    show = make_show(options.results, size["show_s"], size["gop"])
    work_root = pathlib.Path(tempfile.mkdtemp(prefix="sluice-bench-"))
    try:
        results["failures"] = carry_out(plan(Setting(options.programs, show, work_root, size), stacks, results))
    finally:
        Child.end_all()
        if results["failures"]:
            say(f"the logs are in {work_root}")
        else:
            shutil.rmtree(work_root)


def main():
    options = parse_arguments()
    # SIGTERM takes the same way out as Ctrl-C: through every `finally`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = {"environment": report.environment(options.root), "size": options.size}
    results |= {what: [] for what in ("windows", "failures", "page", "switching", "start", "crowd", "micro")}
    began = time.monotonic()
    try:
        run_all(options, results)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything that was started is ended.", file=sys.stderr)
        return 130
    results["steady"] = combine(results.pop("windows"))
    results["growth"] = growth(results["steady"])
    results["goals"] = goals.judge(results)
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
