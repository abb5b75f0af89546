"""Sluice as a stack, with one relay process per stream and packed, plain and over RTMPS."""

from . import proc
from .api import Api, EventReader
from .children import Child, kill_quietly, wait_until
from .stack import Stack
from .tools import free_port


class Sluice(Stack):
    """One relay process per stream, driven over REST as a user's scripts do it."""

    title = "Sluice"
    relay_role = "relays"
    streams_per_relay = 1  # the default
    warm_up_s = 43  # the ring's first pass: 32 MiB of this show

    def __init__(self, programs, work_dir):
        self._programs = programs
        self._work_dir = work_dir

    def launch(self):
        """Starts sluiced, without waiting for it."""
        self.rtmp_port, self._http_port = free_port(), free_port()
        self._child = Child(
            "sluiced",
            [self._programs / "sluiced", "--data-dir", self._work_dir / "data"]
            + ["--rtmp-listen", f"127.0.0.1:{self.rtmp_port}", "--http-listen", f"127.0.0.1:{self._http_port}"]
            + ["--streams-per-relay", str(self.streams_per_relay)],
            self._work_dir,
        )
        self.started_ns = self._child.started_ns
        self.url = f"rtmp://127.0.0.1:{self.rtmp_port}/live"
        self._api = Api(self._http_port)

    def check(self):
        self._child.check()

    def healthy(self):
        return self._api.healthy()

    def start(self, count, sink):
        self._sink = sink
        self.launch()
        wait_until(lambda: self.check() or self.healthy(), 10, "sluiced listening")
        for number in range(1, count + 1):
            self.add_stream(f"k{number}", enabled=True)

    def open_page(self):
        """What an open page asks for: changes as they happen. A context manager."""
        return EventReader(self._http_port)

    def add_source(self, app):
        return self._api.call("POST", "/api/sources", {"app": app})

    def url_of(self, source):
        return f"rtmp://127.0.0.1:{self.rtmp_port}/{source['app']}"

    def add_stream(self, key, enabled, source=1, server=None):
        """To the sink, if no other server is given. Returns the stream's id."""
        server = server or self._sink.server()
        stream = {"name": key, "server": server, "key": key, "enabled": enabled, "source": source}
        if self._sink.certificate:
            stream["tls_ca"] = self._sink.certificate.pem
        return self._api.call("POST", "/api/streams", stream)["id"]

    def streams(self):
        return self._api.call("GET", "/api/streams")

    def stream(self, stream_id):
        return self._api.call("GET", f"/api/streams/{stream_id}")

    def switch(self, stream_id, enabled):
        self.begin_switch(stream_id, enabled)
        return self.end_switch()

    def begin_switch(self, stream_id, enabled):
        self._api.begin("PUT", f"/api/streams/{stream_id}", {"enabled": enabled})

    def end_switch(self):
        return self._api.answer()

    def groups(self):
        # Streams in one pack have one process.
        relays = sorted({stream["pid"] for stream in self.streams() if stream["pid"]})
        others = [pid for pid in proc.descendants(self._child.pid) if pid not in relays]
        return {"manager": [self._child.pid], "ingest": others, "relays": relays}

    def all_pids(self):
        return [self._child.pid, *proc.descendants(self._child.pid)]

    def end(self):
        # Killed, sluiced would leave its children streaming, as it should: they are remembered and ended here.
        children = proc.descendants(self._child.pid)
        self._child.end()
        for pid in children:
            kill_quietly(pid)


class SluicePacked(Sluice):
    """All streams of a source in one relay process."""

    title = "Sluice, packed"
    streams_per_relay = 250  # the most it takes


class SluiceTls(Sluice):
    title = "Sluice, RTMPS"
    tls = True


class SluicePackedTls(SluicePacked):
    title = "Sluice, packed, RTMPS"
    tls = True
