"""What a run found: as a table on the terminal, as results.md and as results.json."""

import json
import os
import platform
import subprocess
import time


def _first_line(argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
        return (done.stdout or done.stderr).strip().split("\n")[0]
    except OSError:
        return "not there"


def environment(root):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _first_line(["git", "-C", str(root), "describe", "--always", "--dirty"]),
        "kernel": platform.release(),
        "processors": f"{os.cpu_count()} x {models[0] if models else platform.machine()}",
        "nginx": _first_line(["/usr/sbin/nginx", "-v"]),
        "ffmpeg": _first_line(["ffmpeg", "-version"]),
    }


def _number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def _ms(us):
    return "-" if us is None else f"{us / 1000:.2f}"


def _mib(kib):
    return "-" if kib is None else f"{kib / 1024:.2f}"


STEADY_HEAD = [
    "stack", "N", "CPU/stream ms/s", "CPU/relay process ms/s", "PSS/stream MiB", "PSS/relay process MiB",
    "video p50 ms", "p95", "p99", "max", "frames", "lost/reordered/corrupt", "other work ms/s",
]  # fmt: skip


def _steady_row(run):
    cpu, memory, latency = run["cpu_ms_per_s"], run["memory_kib"], run["video_latency"]
    return [
        run["stack"], str(run["streams"]),
        _number(cpu["per_stream"]), _number(cpu["per_relay_process"]),
        _mib(memory["pss_per_stream"]), _mib(memory["pss_per_relay_process"]),
        *(_ms(latency[what]) for what in ("p50_us", "p95_us", "p99_us", "max_us")),
        str(latency["count"]), f"{run['lost']}/{run['reordered']}/{run['corrupt'] + run['unmarked']}",
        _number(run["other_work_ms_per_s"], 0),
    ]  # fmt: skip


SWITCH_HEAD = ["stack", "what", "n", "min ms", "median ms", "worst ms"]
SWITCH_WORDS = {
    "enable_to_first_key_frame": "on: first key frame at the platform",
    "enable_to_answer": "on: answer to the request",
    "disable_to_gone": "off: process gone",
    "disable_to_answer": "off: answer to the request",
}


def _switch_rows(run):
    for what, words in SWITCH_WORDS.items():
        if what in run:
            times = run[what]
            figures = [_number(times[figure], 1) for figure in ("min_ms", "median_ms", "max_ms")]
            yield [run["stack"], words, str(times["n"]), *figures]


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
    parts += ["## Steady state", _table(STEADY_HEAD, [_steady_row(run) for run in results["steady"]])]
    rows = [row for run in results["switching"] for row in _switch_rows(run)]
    parts += ["## Switching one stream on and off", _table(SWITCH_HEAD, rows)]
    if results["micro"]:
        rows = [[run["name"], f"{run['cpu_time']:.0f}"] for run in results["micro"]]
        parts += ["## Micro-benchmarks", _table(["what", "ns of CPU"], rows)]
    return "\n\n".join(parts) + "\n"


def write(results, directory):
    (directory / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (directory / "results.md").write_text(markdown(results), encoding="utf-8")
