"""A real sluiced with its children, on free loopback ports and a data directory of its own."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import signal

import description
from processes import BIN, Process, accepts_connections, arguments_of, free_port, is_running, wait_until

Answer = collections.namedtuple("Answer", "status body headers")

OTHER_BUILD = BIN.parent / "other-build"  # the same programs with another build id
REAL_PROGRAMS = {
    str(folder / name) for folder in (BIN, OTHER_BUILD) for name in ("sluiced", "sluice-ingest", "sluice-relay")
}


def _link(path):
    """Where a link of /proc points to; "" when what it belongs to has just gone."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


class Sluice:
    def __init__(self, directory, cleanup):
        self.directory = directory
        self.data = directory / "data"
        self.rtmp_port, self.http_port = free_port(), free_port()
        self.description = description.Description()
        self.rtmp_host, self.options = "127.0.0.1", []
        self.process = None
        self.programs = BIN
        self._starts = 0
        cleanup.add(self._end_everything)

    # ---- its life ----

    def arguments(self):
        return [
            self.programs / "sluiced", "--data-dir", self.data,
            "--rtmp-listen", f"{self.rtmp_host}:{self.rtmp_port}", "--http-listen", f"127.0.0.1:{self.http_port}",
            *self.options,
        ]  # fmt: skip

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self._starts += 1
        self.process = Process(self.arguments(), self.directory / f"sluiced-{self._starts}.log")
        wait_until(lambda: self._healthy() or not self.process.running(), "sluiced is healthy")
        assert self.process.running(), f"sluiced ended:\n{self.process.log()}"
        return self

    def _healthy(self):
        return accepts_connections(self.http_port) and self.request("GET", "/api/health").status == 200

    def terminate(self):
        return self.process.stop(signal.SIGTERM)

    def kill(self):
        return self.process.stop(signal.SIGKILL)

    def leave(self):
        """Exit and leave the children streaming."""
        return self.process.stop(signal.SIGUSR1)

    def _end_everything(self):
        if self.process is not None and self.process.running():
            self.process.stop(signal.SIGTERM)
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def processes(self):
        """Pids of all our programs that work on this data directory, this sluiced's children or not: they
        hold a file or socket of it open."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or _link(entry / "exe").removesuffix(" (deleted)") not in REAL_PROGRAMS:
                continue
            with contextlib.suppress(OSError):  # it ended just now
                open_files = [_link(fd) for fd in (entry / "fd").iterdir()]
                if any(path.startswith(str(self.data)) for path in open_files) and is_running(entry.name):
                    found.append(int(entry.name))
        return found

    def children(self, program):
        return [pid for pid in self.processes() if _link(f"/proc/{pid}/exe").endswith("/" + program)]

    def relays(self):
        """{stream: pid} as the arguments of the running relays say it, with or without a manager."""
        found = {}
        for pid in self.children("sluice-relay"):
            tags = [word for word in arguments_of(pid) if word.startswith("STREAM_ID:")]
            if tags and is_running(pid):  # it may have ended just now
                stream = int(tags[0].removeprefix("STREAM_ID:"))
                assert stream not in found, f"two relays for stream {stream}: {found[stream]} and {pid}"
                found[stream] = pid
        return found

    def logs(self):
        """Everything any of its processes has written, for tests that look for secrets, and for failures."""
        files = sorted(self.directory.glob("sluiced-*.log")) + sorted(self.data.glob("log/*"))
        return {str(path): path.read_text(errors="replace") for path in files if path.is_file()}

    # ---- its API ----

    def request(self, method, path, body=None, headers=None, *, raw=None, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
            content_type = response.getheader("Content-Type", "")
            value = json.loads(text) if text and "json" in content_type else text or None
            plain_path = path.split("?")[0]
            self.description.check(method, plain_path, response.status, content_type, value)
            if response.status < 300 and raw is None:
                self.description.check_request(method, plain_path, body)
            return Answer(response.status, value, dict(response.getheaders()))
        finally:
            connection.close()

    def get(self, path):
        answer = self.request("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def add_stream(self, server, *, enabled=True, **fields):
        answer = self.request("POST", "/api/streams", {"name": "test", "server": server, "enabled": enabled, **fields})
        assert answer.status == 201, answer
        return answer.body

    def put(self, stream, **fields):
        return self.request("PUT", f"/api/streams/{stream}", fields)

    def switch(self, stream, enabled):
        answer = self.put(stream, enabled=enabled)
        assert answer.status == 200, answer
        return answer.body

    def stream(self, stream):
        return self.get(f"/api/streams/{stream}")

    def source(self, source=1):
        return self.get(f"/api/sources/{source}")

    def wait_for_state(self, stream, *states, timeout=10.0):
        seen = []

        def reached():
            now = self.stream(stream)
            if not seen or seen[-1] != now["state"]:
                seen.append(now["state"])
            return now if now["state"] in states else None

        try:
            return wait_until(reached, f"stream {stream} becomes {' or '.join(states)}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; it was {', '.join(seen)}: {self.stream(stream)['reason']}") from None

    def wait_for_publisher(self, source=1, timeout=10.0):
        return wait_until(
            lambda: (lambda s: s if s["state"] == "publishing" else None)(self.source(source)),
            f"source {source} is publishing", timeout,
        )  # fmt: skip

    @property
    def rtmp(self):
        """What people type into OBS."""
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live"
