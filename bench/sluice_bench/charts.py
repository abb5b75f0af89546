"""Bars of what a run found, as SVG files without anything from outside. For the pages of docs/:
PYTHONPATH=bench python3 -m sluice_bench.charts build/bench/results.json docs/images"""

import html
import json
import pathlib
import sys

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 760, 220, 70
BAR, GAP, HEAD, GROUP_HEAD = 16, 6, 44, 26
SLUICE, LIMIT, OTHER = "#0f766e", "#94a3b8", "#cbd5e1"
FONT = "font-family='system-ui, sans-serif'"

# file: title, and the value of one steady run or None.
CHARTS = {
    "bench-cpu.svg": ("CPU per stream, ms per second", lambda run: run["cpu_ms_per_s"]["per_stream"]),
    "bench-memory.svg": ("PSS per stream, MiB", lambda run: run["memory_kib"]["pss_per_stream"] / 1024),
    "bench-video.svg": ("Latency of video, p99, ms", lambda run: _ms(run["video_latency"]["p99_us"])),
    "bench-audio.svg": ("Latency of audio, p99, ms", lambda run: _ms(run["audio_latency"]["p99_us"])),
}


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
    environment = results["environment"]
    subtitle = f"{environment['date']}, commit {environment['commit']}, {environment['processors']}"
    for file, (title, value_of) in CHARTS.items():
        groups = {}
        for run in results["steady"]:
            count = run["streams"]
            if (value := value_of(run)) is not None:
                name = f"{count} stream{'s' if count > 1 else ''}"
                groups.setdefault(name, []).append((run["stack"], value))
        (directory / file).write_text(chart(title, subtitle, groups), encoding="utf-8")


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), pathlib.Path(sys.argv[2]))
