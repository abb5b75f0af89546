"""Bars of what a run found, as SVG files without anything from outside. For docs/bench.md:
PYTHONPATH=bench python3 -m sluice_bench.charts build/bench/results.json docs/bench"""

import html
import json
import pathlib
import sys

from .stacks import STACKS

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 760, 220, 70
BAR, GAP, HEAD, GROUP_HEAD = 16, 6, 44, 26
SLUICE, LIMIT, OTHER = "#0f766e", "#94a3b8", "#cbd5e1"
FONT = "font-family='system-ui, sans-serif'"

RTMPS = {stack.title for stack in STACKS.values() if stack.tls}
# file: title, whether it shows the stacks that speak RTMPS or the others, and the value of one steady run or None.
CHARTS = {
    "cpu.svg": ("CPU per stream, ms per second", False, lambda run: run["cpu_ms_per_s"]["per_stream"]),
    "cpu-rtmps.svg": ("CPU per stream over RTMPS, ms per second", True, lambda run: run["cpu_ms_per_s"]["per_stream"]),
    "memory.svg": ("PSS per stream, MiB", False, lambda run: run["memory_kib"]["pss_per_stream"] / 1024),
    "video.svg": ("Latency of video, p99, ms", False, lambda run: _ms(run["video_latency"]["p99_us"])),
    "audio.svg": ("Latency of audio, p99, ms", False, lambda run: _ms(run["audio_latency"]["p99_us"])),
}
ON = "enable_to_first_key_frame"


def _ms(us):
    return None if us is None else us / 1000


def _colour(stack):
    if stack.startswith("Sluice"):
        return SLUICE
    return LIMIT if stack.startswith("bare limit") else OTHER


def _text(x, y, words, size=13, anchor="start", weight="normal"):
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' text-anchor='{anchor}' font-weight='{weight}' fill='#1e293b'>"
        f"{html.escape(words)}</text>"
    )


def _bar(y, stack, value, largest):
    length = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) * value / largest if largest else 0
    middle = y + BAR - 3
    return [
        _text(LABEL_WIDTH - 8, middle, stack, anchor="end"),
        f"<rect x='{LABEL_WIDTH}' y='{y}' width='{max(length, 1):.1f}' height='{BAR}' fill='{_colour(stack)}'/>",
        _text(round(LABEL_WIDTH + length + 6), middle, f"{value:.2f}" if value < 100 else f"{value:.0f}", size=12),
    ]


def chart(title, subtitle, groups):
    """`groups`: {"1 stream": [(stack, value), …]}; all bars of a chart have one scale, from zero."""
    largest = max((value for bars in groups.values() for _, value in bars), default=0)
    parts, y = [_text(8, 20, title, size=15, weight="bold"), _text(8, 37, subtitle, size=11)], HEAD
    for name, bars in groups.items():
        parts.append(_text(8, y + 17, name, weight="bold"))
        y += GROUP_HEAD
        for stack, value in bars:
            parts += _bar(y, stack, value, largest)
            y += BAR + GAP
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{y + GAP}' viewBox='0 0 {WIDTH} {y + GAP}'"
    sheet = "<rect width='100%' height='100%' fill='white'/>"
    return "\n".join([f"{head} {FONT} role='img'>", f"<title>{html.escape(title)}</title>", sheet, *parts, "</svg>\n"])


def draw(results, directory):
    directory.mkdir(parents=True, exist_ok=True)
    environment = results["environment"]
    subtitle = f"{environment['date']}, commit {environment['commit']}, {environment['processors']}"
    for file, (title, rtmps, value_of) in CHARTS.items():
        groups = {}
        for run in results["steady"]:
            if (run["stack"] in RTMPS) == rtmps and (value := value_of(run)) is not None:
                groups.setdefault(_streams(run["streams"]), []).append((run["stack"], value))
        (directory / file).write_text(chart(title, subtitle, groups), encoding="utf-8")
    groups = {}
    for run in results["switching"]:
        if ON in run:
            beside = f"beside {_streams(run['streams_beside'])}"
            groups.setdefault(beside, []).append((run["stack"], run[ON]["median_ms"]))
    title = "Switching on: median until the first key frame is there, ms"
    (directory / "on.svg").write_text(chart(title, subtitle, groups), encoding="utf-8")


def _streams(count):
    return f"{count} stream{'s' if count > 1 else ''}"


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), pathlib.Path(sys.argv[2]))
