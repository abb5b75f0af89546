"""Processes, ports and waiting, as every scenario needs them. A process is ended by its pid, never by name."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

BIN = pathlib.Path(os.environ.get("SLUICE_BIN", pathlib.Path(__file__).parents[2] / "build/release/bin"))


def wait_until(condition, what, timeout=10.0):
    """Returns the first true value of condition(); fails with `what` when there is none in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s")
        time.sleep(0.01)


def machine_refuses(what):
    """This machine does not let us do what the test needs. The developer's may; the continuous integration must."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"this machine does not let us {what}; skipped elsewhere, but CI has to run it")
    pytest.skip(f"this machine does not let us {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts_connections(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def arguments_of(pid):
    """Empty when it has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


class Process:
    """A child with a log file, in a process group of its own. The kernel ends it should this test run be killed."""

    def __init__(self, arguments, log, **popen):
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = pathlib.Path(log)
        with open(self.log_path, "ab") as out:
            popen.setdefault("stdout", out)
            self.popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *self.arguments], stdin=subprocess.DEVNULL, stderr=out, start_new_session=True, **popen
            )

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def send_signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, timeout=10.0):
        return self.popen.wait(timeout)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, number=signal.SIGTERM, timeout=5.0):
        """Ends it, by force if it does not listen. Returns the exit code."""
        self.send_signal(number)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.wait(timeout)


class Cleanup:
    """Ends what a test started, last first, also when the test failed."""

    def __init__(self):
        self._actions = []

    def add(self, action):
        self._actions.append(action)

    def run(self):
        while self._actions:
            self._actions.pop()()
