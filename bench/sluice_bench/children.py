"""Child processes of a bench run: none outlives the run, and no wait is without an end."""

import os
import select
import signal
import subprocess
import time


class BenchError(Exception):
    """Why the run cannot go on, in a sentence."""


def wait_until(condition, seconds, what, pause_seconds=0.02):
    """Asks `condition` again and again until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise BenchError(f"{what} did not happen within {seconds:g} s.")
        time.sleep(pause_seconds)


class Gone:
    """Sees the moment at which a process is gone; by descriptor, so that a reused pid is never taken for it."""

    def __init__(self, pid):
        self._fd = os.pidfd_open(pid)

    def wait(self, seconds, what):
        """Returns CLOCK_MONOTONIC in ns."""
        readable, _, _ = select.select([self._fd], [], [], seconds)
        now = time.monotonic_ns()
        os.close(self._fd)
        if not readable:
            raise BenchError(f"{what} was still there after {seconds:g} s.")
        return now


def kill_quietly(pid, how=signal.SIGKILL):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


class Child:
    """A program with a log file, in a process group of its own, so that Ctrl-C reaches only the driver."""

    _living = []

    def __init__(self, name, argv, log_dir, pipes=False):
        self.name = name
        self.log_path = os.path.join(log_dir, f"{name}.log")
        self.started_ns = time.monotonic_ns()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else log,
                stderr=log,
                start_new_session=True,
            )
        Child._living.append(self)

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        """Raises when the program has ended by itself."""
        if self.process.poll() is not None:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                words = log.read()[-2000:].strip()
            code = self.process.returncode
            raise BenchError(f"{self.name} ended with code {code}. Its last words: {words or '-'}")

    def end(self, how=signal.SIGTERM, seconds=5):
        """Asks it to end, then makes it. Ends what is left of its process group as well."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        if self in Child._living:
            Child._living.remove(self)

    @classmethod
    def end_all(cls):
        """In the reverse order of starting."""
        for child in reversed(cls._living.copy()):
            child.end()
