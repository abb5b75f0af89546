"""The bench's own publisher and receiver, driven over pipes. Both end by themselves when their stdin ends."""

import json
import os
import select
import socket
import subprocess
import time

from .children import BenchError, Child


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lines:
    """JSON lines of a child's stdout, each waited for with a deadline."""

    def __init__(self, child):
        self._child = child
        self._fd = child.process.stdout.fileno()
        self._rest = b""
        self._events = []

    def _take(self, seconds):
        readable, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not readable:
            return
        data = os.read(self._fd, 1 << 16)
        if not data:
            self._child.process.wait(5)
            self._child.check()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._events += [json.loads(line) for line in lines]

    def wait_for(self, event, seconds, **fields):
        """The next event of that kind with those fields; earlier ones of other kinds are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            while self._events:
                found = self._events.pop(0)
                if found["event"] == event and all(found.get(name) == value for name, value in fields.items()):
                    return found
            if time.monotonic() >= deadline:
                raise BenchError(f"{self._child.name}: no event {event} {fields or ''} within {seconds:g} s.")
            self._take(deadline - time.monotonic())


class Certificate:
    """For 127.0.0.1, its own authority."""

    def __init__(self, directory):
        key, self.path, self.bundle = (directory / f"platform.{kind}" for kind in ("key", "crt", "pem"))
        argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        argv += ["-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"]
        done = subprocess.run(
            [*argv, "-keyout", key, "-out", self.path], capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            raise BenchError(f"openssl could not make a certificate: {done.stderr[-500:].strip()}")
        self.pem = self.path.read_text(encoding="utf-8")
        self.bundle.write_text(key.read_text(encoding="utf-8") + self.pem, encoding="utf-8")


class Sink:
    """With a certificate it takes RTMPS, without one RTMP. `order_only`: it compares no content."""

    def __init__(self, programs, log_dir, certificate=None, order_only=False):
        self.certificate = certificate
        options = ["--tls-certificate", certificate.bundle] if certificate else []
        options += ["--order-only"] if order_only else []
        self._child = Child("bench_sink", [programs / "bench_sink", *options], log_dir, pipes=True)
        self._lines = Lines(self._child)
        self.port = self._lines.wait_for("listening", 10)["port"]

    @property
    def pid(self):
        return self._child.pid

    def server(self):
        """The server field of a stream; the key is chosen by the stack."""
        return f"rtmp{'s' if self.certificate else ''}://127.0.0.1:{self.port}/out"

    def first_key_frame(self, key, seconds):
        """Waits for the first key frame of the next connection that publishes `key`."""
        return self._lines.wait_for("first_key", seconds, name=f"out/{key}")

    def first_key_frames(self, keys, seconds):
        """Waits for the first key frame of each, in any order."""
        deadline = time.monotonic() + seconds
        missing = {f"out/{key}" for key in keys}
        while missing:
            missing.discard(self._lines.wait_for("first_key", deadline - time.monotonic())["name"])

    def closed(self, key, seconds):
        """Waits for the end of the connection that publishes `key`."""
        return self._lines.wait_for("close", seconds, name=f"out/{key}")

    def begin_window(self):
        self._tell("begin")

    def report(self):
        self._tell("report")
        return self._lines.wait_for("report", 10)

    def _tell(self, command):
        self._child.process.stdin.write(command.encode() + b"\n")
        self._child.process.stdin.flush()

    def end(self):
        self._child.end()


class Publisher:
    """One process, also for several shows: they begin one after another."""

    def __init__(self, programs, show, urls, key, log_dir):
        argv = [programs / "bench_publisher", "--file", show, "--key", key]
        for url in urls:
            argv += ["--url", url]
        self._child = Child("bench_publisher", argv, log_dir, pipes=True)
        self._lines = Lines(self._child)

    @property
    def pid(self):
        return self._child.pid

    def wait_for(self, shows, seconds):
        """Waits until so many shows have begun."""
        deadline = time.monotonic() + seconds
        for _ in range(shows):
            self._lines.wait_for("publishing", deadline - time.monotonic())

    def end(self):
        """Ends the shows properly. Returns how many had not failed, and how late frames were handed to the sockets."""
        self._child.process.stdin.close()
        done = self._lines.wait_for("done", 5)
        self._child.end()
        return done["publishing"], done["lateness"]
