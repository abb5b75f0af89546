"""The micro-benchmarks of bench_micro (Google Benchmark)."""

import json
import subprocess

from .children import BenchError

PROGRAM = "bench_micro"  # not there where it was built without libbenchmark-dev


def run_micro(programs, seconds):
    """Each for so many seconds at least."""
    argv = [programs / PROGRAM, "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise BenchError(f"bench_micro failed: {done.stderr[-500:]}")
    runs = json.loads(done.stdout)["benchmarks"]
    if failed := [run for run in runs if run.get("error_occurred")]:
        raise BenchError(f"bench_micro: {failed[0]['name']}: {failed[0]['error_message']}")
    return [{"name": run["name"], "cpu_time": run["cpu_time"]} for run in runs]
