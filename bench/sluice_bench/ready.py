"""From starting sluiced until it can be used: its API says it is well, and a publisher can connect."""

import socket
import time

from .children import BenchError
from .spread import spread
from .stacks import Sluice

# Each try is a system call or two; between them the processor is left to what is being measured.
PAUSE_SECONDS = 0.001
DEADLINE_SECONDS = 10


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def _start_once(programs, work_dir):
    sluice = Sluice(programs, work_dir)
    sluice.launch()
    began = sluice.started_ns
    reached = {}
    conditions = {"healthy": sluice.healthy, "rtmp": lambda: _accepts(sluice.rtmp_port)}
    try:
        while len(reached) < len(conditions):
            if time.monotonic_ns() - began > DEADLINE_SECONDS * 10**9:
                raise BenchError(f"sluiced was not ready within {DEADLINE_SECONDS} s.")
            for what, condition in conditions.items():
                if what not in reached and condition():
                    reached[what] = (time.monotonic_ns() - began) / 1e6
            sluice.check()
            time.sleep(PAUSE_SECONDS)
    finally:
        sluice.end()
    return reached


def measure_start(programs, work_dir, times):
    """The first start, which makes the data directory, does not count."""
    work_dir.mkdir()
    starts = [_start_once(programs, work_dir) for _ in range(times + 1)][1:]
    return {
        "stack": Sluice.title,
        "start_to_healthy": spread([start["healthy"] for start in starts]),
        "start_to_rtmp": spread([start["rtmp"] for start in starts]),
        "start_to_ready": spread([max(start.values()) for start in starts]),
    }
