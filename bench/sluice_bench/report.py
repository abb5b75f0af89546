"""What a run found: as a table on the terminal, as results.md and as results.json."""

import json
import os
import platform
import subprocess
import time


def _line(argv, holding=""):
    """The first line that the command prints which holds these words."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "not there"
    lines = (done.stdout + done.stderr).strip().split("\n")
    return next((line for line in lines if holding in line), "unknown")


def environment(root):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _line(["git", "-C", str(root), "describe", "--always", "--dirty"]),
        "kernel": platform.release(),
        "processors": f"{os.cpu_count()} x {models[0] if models else platform.machine()}",
        "nginx": _line(["/usr/sbin/nginx", "-v"]),
        "node": _line(["node", "--version"]),
        "ffmpeg": _line(["ffmpeg", "-version"]),
        "stunnel": _line(["stunnel4", "-version"], "stunnel 5"),
    }


def _number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def _ms(us):
    return "-" if us is None else f"{us / 1000:.2f}"


def _mib(kib):
    return "-" if kib is None else f"{kib / 1024:.2f}"


COST_HEAD = [
    "stack", "N", "CPU/stream ms/s", "in each round", "CPU/relay process ms/s", "PSS/stream MiB", "USS/stream MiB",
    "PSS/relay process MiB", "USS/relay process MiB", "other work ms/s",
]  # fmt: skip


def _cost_row(run):
    cpu, memory = run["cpu_ms_per_s"], run["memory_kib"]
    return [
        run["stack"], str(run["streams"]), _number(cpu["per_stream"]),
        " ".join(_number(window["cpu_ms_per_s"]["per_stream"]) for window in run["rounds"]),
        _number(cpu["per_relay_process"]),
        *(_mib(memory[f"{what}_per_stream"]) for what in ("pss", "uss")),
        *(_mib(memory[f"{what}_per_relay_process"]) for what in ("pss", "uss")),
        _number(run["other_work_ms_per_s"], 0),
    ]  # fmt: skip


def _damage(run):
    return f"{run['lost']}/{run['reordered']}/{run['corrupt'] + run['unmarked']}"


LATENCY_HEAD = [
    "stack", "N", "video p50 ms", "p95", "p99", "max", "audio p50 ms", "p95", "p99", "max", "frames",
    "lost/reordered/corrupt",
]  # fmt: skip


def _latency_row(run):
    tracks = [run["video_latency"], run["audio_latency"]]
    return [
        run["stack"], str(run["streams"]),
        *(_ms(track[what]) for track in tracks for what in ("p50_us", "p95_us", "p99_us", "max_us")),
        str(sum(track["count"] for track in tracks)),
        _damage(run),
    ]  # fmt: skip


GROWTH_HEAD = ["stack", "from N", "to N", "CPU of one more ms/s", "PSS of one more MiB"]


def _growth_row(step):
    figures = [_number(step["cpu_ms_per_s"]), _mib(step["pss_kib"])]
    return [step["stack"], str(step["from"]), str(step["to"]), *figures]


PAGE_HEAD = ["stack", "N", "manager ms/s", "with a page open ms/s", "to the page KiB/s"]


def _page_row(run):
    figures = (run["manager_ms_per_s"], run["manager_with_page_ms_per_s"], run["page_bytes_per_s"] / 1024)
    return [run["stack"], str(run["streams"]), *(_number(figure) for figure in figures)]


CROWD_HEAD = [
    "stack", "sources", "publishing", "streams", "delivering", "s", "video frames", "expected", "lost/reordered/corrupt",
    "video p50 ms", "p99", "max", "CPU ms/s", "tools ms/s", "other work ms/s",
]  # fmt: skip


def _crowd_row(run):
    return [
        run["stack"], *(str(run[what]) for what in ("sources", "publishing", "streams", "delivering", "window_s")),
        str(run["video_frames"]), str(run["video_frames_expected"]), _damage(run),
        *(_ms(run["video_latency"][what]) for what in ("p50_us", "p99_us", "max_us")),
        *(_number(run[what], 0) for what in ("cpu_ms_per_s", "tools_ms_per_s", "other_work_ms_per_s")),
    ]  # fmt: skip


SPREAD_HEAD = ["stack", "what", "n", "min ms", "median ms", "worst ms"]
SPREAD_WORDS = {
    "enable_to_first_key_frame": "on: first key frame at the platform",
    "enable_to_answer": "on: answer to the request",
    "enable_to_live_at_nginx": "on: live, with nginx-rtmp as the platform",
    "disable_to_gone": "off: process gone",
    "disable_to_closed": "off: connection closed at the platform",
    "disable_to_answer": "off: answer to the request",
    "start_to_healthy": "start: the API says it is well",
    "start_to_rtmp": "start: a publisher can connect",
    "start_to_ready": "start: both",
}


def _spread_rows(run):
    for what, words in SPREAD_WORDS.items():
        if what in run:
            times = run[what]
            figures = [_number(times[figure], 1) for figure in ("min_ms", "median_ms", "max_ms")]
            yield [run["stack"], words, str(times["n"]), *figures]


GOAL_HEAD = ["goal", "at most", "this run", ""]


def _goal_row(goal):
    if goal["figure"] is None:
        return [goal["goal"], goal["limit_words"], "-", "not measured"]
    return [goal["goal"], goal["limit_words"], goal["figure_words"], "met" if goal["met"] else "missed"]


def _table(head, rows):
    """Markdown that is also readable on a terminal."""
    rows = [head, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def markdown(results):
    facts = [f"- {name}: {value}" for name, value in results["environment"].items()]
    parts = ["## Environment", "\n".join(facts)]
    rounds = sorted({len(run["rounds"]) for run in results["steady"]})
    if rounds and rounds[-1] > 1:
        parts.append(
            f"Cost and latency are the median of {' or '.join(map(str, rounds))} rounds (as many as *in each round* has), each"
            " through all stacks; max is that of the worst round, and frames and lost/reordered/corrupt are those of all rounds."
        )
    if results["failures"]:
        parts += ["## Failed", "\n".join(f"- {failure}" for failure in results["failures"])]
    tables = [
        ("Goals", GOAL_HEAD, [_goal_row(goal) for goal in results["goals"]]),
        ("Cost", COST_HEAD, [_cost_row(run) for run in results["steady"]]),
        ("Latency", LATENCY_HEAD, [_latency_row(run) for run in results["steady"]]),
        ("Growth", GROWTH_HEAD, [_growth_row(step) for step in results["growth"]]),
        ("Many sources", CROWD_HEAD, [_crowd_row(run) for run in results["crowd"]]),
        ("The page", PAGE_HEAD, [_page_row(run) for run in results["page"]]),
        ("Switching one stream on and off", SPREAD_HEAD, _all_spreads(results["switching"])),
        ("Starting", SPREAD_HEAD, _all_spreads(results["start"])),
        ("Micro-benchmarks", ["what", "ns of CPU"], [_micro_row(run) for run in results["micro"]]),
    ]
    for title, head, rows in tables:
        if rows:
            parts += [f"## {title}", _table(head, rows)]
    return "\n\n".join(parts) + "\n"


def _micro_row(run):
    return [run["name"], f"{run['cpu_time']:.0f}"]


def _all_spreads(runs):
    return [row for run in runs for row in _spread_rows(run)]


def write(results, directory):
    (directory / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (directory / "results.md").write_text(markdown(results), encoding="utf-8")
