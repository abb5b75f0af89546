"""A platform: our own rtmp_sink (tests/tools), and what it wrote down."""

import json

import flv
from processes import BIN, Process, wait_until


class Session:
    """One connection at the platform."""

    def __init__(self, path, recording):
        self.recording = recording  # an FLV file, when the sink records
        self.events, self.packets, self.arrivals = [], [], []
        for line in path.read_text().splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                break  # still being written
            if "event" in entry:
                self.events.append(entry)
                continue
            end = entry["kind"] == "video" and entry["head"][:4] in ("1702", "2702")
            self.packets.append(
                flv.Packet(
                    entry["kind"], entry["timestamp"], entry["hash"], entry["bytes"], entry["head"],
                    entry["header"], entry["key"], end,
                )
            )
            self.arrivals.append(entry["at"])

    def event(self, name):
        return next((entry for entry in self.events if entry["event"] == name), None)

    @property
    def names(self):
        return [entry["event"] for entry in self.events]

    @property
    def over(self):
        return self.event("closed") is not None

    @property
    def key_frames(self):
        return [packet for packet in self.packets if packet.is_key]


class Sink:
    """`prefix` and `address`: as the programs of a network namespace need them (network.py). `record`: all media is
    kept, for decoders."""

    def __init__(self, directory, cleanup, *options, port=0, address="127.0.0.1", prefix=(), record=False):
        directory.mkdir(parents=True)
        self.journals, self._recordings = directory / "journals", directory / "recordings"
        self.journals.mkdir()
        if record:
            self._recordings.mkdir()
            options = (*options, "--record", self._recordings)
        out = directory / "rtmp_sink.log"
        where = ["--address", address, "--port", port, "--journal", self.journals]
        self.process = Process([*prefix, BIN / "rtmp_sink", *where, *options], out)
        cleanup.add(self.process.stop)
        wait_until(lambda: "listening " in self.process.log() or not self.process.running(), "rtmp_sink is ready")
        assert self.process.running(), self.process.log()
        self.address = address
        self.port = int(self.process.log().split(f"listening {address}:")[1].split()[0])

    @property
    def url(self):
        return f"rtmp://{self.address}:{self.port}/live"

    def sessions(self):
        """Connections that came as far as publishing, oldest first."""
        all_sessions = [
            Session(path, self._recordings / f"{path.stem}.flv") for path in sorted(self.journals.glob("*.jsonl"))
        ]
        return [session for session in all_sessions if session.event("publish")]

    def last(self):
        sessions = self.sessions()
        return sessions[-1] if sessions else None

    def wait_for_media(self, count=1, sessions=1, timeout=10.0):
        """Waits until the newest of at least `sessions` sessions has `count` packets of sound and picture."""

        def enough():
            found = self.sessions()
            media = [p for p in found[-1].packets if p.kind != "data"] if len(found) >= sessions else []
            return found[-1] if len(media) >= count and found else None

        return wait_until(enough, f"{count} packets in session {sessions} at the platform", timeout)

    def wait_for_end(self, timeout=10.0):
        return wait_until(lambda: (lambda s: s if s and s.over else None)(self.last()), "the session is over", timeout)
