"""RTMP by hand: a publisher that can send any message (also what no Debian program can make), a player, and
platforms that behave badly. Written from Adobe's specification, independently of the C++ code."""

import contextlib
import hashlib
import os
import selectors
import socket
import struct
import threading

import flv

AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20


# ---- AMF0 ----


def amf(*values):
    out = b""
    for value in values:
        if value is None:
            out += b"\x05"
        elif isinstance(value, bool):
            out += bytes([1, value])
        elif isinstance(value, (int, float)):
            out += b"\x00" + struct.pack(">d", value)
        elif isinstance(value, str):
            text = value.encode()
            out += b"\x02" + struct.pack(">H", len(text)) + text
        else:
            out += b"\x03"
            for key, item in value.items():
                out += struct.pack(">H", len(key)) + key.encode() + amf(item)
            out += b"\x00\x00\x09"
    return out


def parse_amf(data):
    values = []
    position = 0

    def text(size_bytes):
        nonlocal position
        size = int.from_bytes(data[position : position + size_bytes], "big")
        position += size_bytes + size
        return data[position - size : position].decode(errors="replace")

    def members():
        nonlocal position
        found = {}
        while True:
            name = text(2)
            if data[position] == 9:
                position += 1
                return found
            found[name] = value()

    def value():
        nonlocal position
        marker = data[position]
        position += 1
        if marker == 0:
            position += 8
            return struct.unpack(">d", data[position - 8 : position])[0]
        if marker == 1:
            position += 1
            return data[position - 1] != 0
        if marker == 2:
            return text(2)
        if marker == 3:
            return members()
        if marker == 8:
            position += 4
            return members()
        if marker == 10:
            position += 4
            return [value() for _ in range(int.from_bytes(data[position - 4 : position], "big"))]
        if marker in (5, 6):
            return None
        raise ValueError(f"AMF0 marker {marker}")

    while position < len(data):
        values.append(value())
    return values


# ---- chunks ----


class Connection:
    """Chunked messages over a connected socket whose handshake is done."""

    def __init__(self, sock):
        self.socket = sock
        self.in_chunk, self.out_chunk = 128, 128
        self._streams = {}

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("closed by the peer")
            data += part
        return data

    def send(self, type_id, payload, *, timestamp=0, chunk_stream=3, message_stream=0):
        extended = timestamp >= 0xFFFFFF
        field = 0xFFFFFF if extended else timestamp
        header = bytes([chunk_stream]) + field.to_bytes(3, "big") + len(payload).to_bytes(3, "big")
        header += bytes([type_id]) + message_stream.to_bytes(4, "little")
        more = timestamp.to_bytes(4, "big") if extended else b""
        out = header + more
        for start in range(0, max(len(payload), 1), self.out_chunk):
            if start:
                out += bytes([0xC0 | chunk_stream]) + more
            out += payload[start : start + self.out_chunk]
        self.socket.sendall(out)

    def command(self, *values, **where):
        self.send(COMMAND, amf(*values), **where)

    def set_chunk_size(self, size):
        self.send(1, struct.pack(">I", size), chunk_stream=2)
        self.out_chunk = size

    def receive(self):
        """(type, timestamp, payload) of the next whole message."""
        while True:
            first = self._exactly(1)[0]
            fmt, chunk_stream = first >> 6, first & 0x3F
            if chunk_stream == 0:
                chunk_stream = 64 + self._exactly(1)[0]
            state = self._streams.setdefault(chunk_stream, {"data": b"", "time": 0, "delta": 0, "extended": False})
            fresh = not state["data"]
            if fmt < 3:
                head = self._exactly((11, 7, 3)[fmt])
                field = int.from_bytes(head[:3], "big")
                if fmt < 2:
                    state["size"], state["type"] = int.from_bytes(head[3:6], "big"), head[6]
                state["extended"] = field == 0xFFFFFF
                if state["extended"]:
                    field = int.from_bytes(self._exactly(4), "big")
                state["delta"] = field if fmt else 0
                state["time"] = field if fmt == 0 else (state["time"] + field) % 2**32
            else:
                if state["extended"]:
                    self._exactly(4)
                if fresh:
                    state["time"] = (state["time"] + state["delta"]) % 2**32
            state["data"] += self._exactly(min(self.in_chunk, state["size"] - len(state["data"])))
            if len(state["data"]) < state["size"]:
                continue
            payload, state["data"] = state["data"], b""
            if state["type"] == 1:
                self.in_chunk = struct.unpack(">I", payload)[0]
            return state["type"], state["time"], payload

    def receive_command(self, *names):
        """Values of the next command with one of these names; everything before it is skipped."""
        while True:
            type_id, _, payload = self.receive()
            if type_id == COMMAND:
                values = parse_amf(payload)
                if values[0] in names:
                    return values


def _client_handshake(sock):
    sock.sendall(b"\x03" + bytes(8) + os.urandom(1528))
    data = b""
    while len(data) < 1 + 2 * 1536:
        part = sock.recv(1 + 2 * 1536 - len(data))
        if not part:
            raise EOFError("closed during the handshake")
        data += part
    sock.sendall(data[1:1537])


def connect(port, app="live", timeout=10.0, host="127.0.0.1"):
    """A connection from `host`, a loopback address, that has been accepted by `connect`."""
    sock = socket.create_connection(("127.0.0.1", port), timeout, (host, 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _client_handshake(sock)
    connection = Connection(sock)
    connection.set_chunk_size(4096)
    connection.command(
        "connect", 1, {"app": app, "type": "nonprivate", "tcUrl": f"rtmp://127.0.0.1:{port}/{app}"}
    )
    answer = connection.receive_command("_result", "_error")
    assert answer[0] == "_result", answer
    return connection


class Publisher:
    """Publishes messages of one's own making."""

    def __init__(self, port, app="live", key="", host="127.0.0.1"):
        self.connection = connect(port, app, host=host)
        self.connection.command("releaseStream", 2, None, key)
        self.connection.command("FCPublish", 3, None, key)
        self.connection.command("createStream", 4, None)
        while self.connection.receive_command("_result")[1] != 4:
            pass
        self.connection.command("publish", 5, None, key, "live", chunk_stream=4, message_stream=1)
        self.status = self.connection.receive_command("onStatus")[3]
        self.key = key
        self.sent = []

    @property
    def accepted(self):
        return self.status["code"] == "NetStream.Publish.Start"

    def send(self, type_id, timestamp, payload):
        stream = {AUDIO: 5, VIDEO: 6}.get(type_id, 4)
        self.connection.send(type_id, payload, timestamp=timestamp, chunk_stream=stream, message_stream=1)
        self.sent.append(flv.describe(type_id, timestamp, payload))

    def stop(self):
        self.connection.command("FCUnpublish", 6, None, self.key)
        self.connection.command("deleteStream", 7, None, 1)
        self.connection.socket.close()

    def break_off(self):
        self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.socket.close()


def unique(size, seed):
    """Bytes that no other message has."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


# ---- platforms that behave badly ----


class BadPlatform:
    """Listens; `behaviour(socket, stop_event)` treats each caller in a thread of its own."""

    def __init__(self, cleanup, behaviour):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.callers = 0
        self._behaviour = behaviour
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        cleanup.add(self.stop)

    @property
    def url(self):
        return f"rtmp://127.0.0.1:{self.port}/live"

    def _accept(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._stop.is_set():
                if not selector.select(0.1):
                    continue
                caller, _ = self._listener.accept()
                self.callers += 1
                thread = threading.Thread(target=self._serve, args=(caller,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, caller):
        with caller, contextlib.suppress(OSError, EOFError, ValueError, KeyError):
            caller.settimeout(10)
            self._behaviour(caller, self._stop)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()


def silent(_, stop):
    stop.wait()


def _trickle(caller, stop, data):
    for byte in data:
        caller.sendall(bytes([byte]))
        if stop.wait(1):
            return


def trickling(caller, stop):
    """A right handshake, a byte a second."""
    _trickle(caller, stop, b"\x03" + bytes(3072))


def trickling_after_handshake(caller, stop):
    """A right answer to connect, a byte a second."""
    _server_handshake(caller)
    _trickle(caller, stop, b"\x03" + bytes(6) + b"\x80\x14" + bytes(3) + amf("_result", 1, {}, {}))


def garbage(caller, stop):
    with contextlib.suppress(OSError):
        caller.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n" + unique(6000, "garbage"))
    stop.wait(2)


def garbage_after_handshake(caller, stop):
    _server_handshake(caller)
    caller.sendall(b"\xff" * 4096)
    stop.wait(2)


def closing(*_):
    """Accepts and closes at once."""


def _server_handshake(caller):
    caller_bytes = b""
    while len(caller_bytes) < 1537:
        part = caller.recv(1537 - len(caller_bytes))
        if not part:
            raise EOFError
        caller_bytes += part
    caller.sendall(b"\x03" + bytes(8) + bytes(1528) + caller_bytes[1:])
    rest = b""
    while len(rest) < 1536:
        part = caller.recv(1536 - len(rest))
        if not part:
            raise EOFError
        rest += part


def rejecting_connect(caller, stop):
    """_error to connect, as for an app that does not exist; leaves the closing to the caller."""
    _server_handshake(caller)
    connection = Connection(caller)
    connection.receive_command("connect")
    connection.command(
        "_error", 1, None,
        {"level": "error", "code": "NetConnection.Connect.Rejected", "description": "no such application"},
    )  # fmt: skip
    stop.wait(2)


def taking_only(*four_ccs, commands):
    """Lists in the answer to connect what it takes, then notes the names of the commands that follow."""

    def behave(caller, stop):
        _server_handshake(caller)
        connection = Connection(caller)
        commands.append(connection.receive_command("connect"))
        success = {"level": "status", "code": "NetConnection.Connect.Success"}
        connection.command("_result", 1, {"fmsVer": "test"}, success | {"videoFourCcInfoMap": dict.fromkeys(four_ccs, 1)})
        with contextlib.suppress(EOFError, OSError):
            while True:
                type_id, _, payload = connection.receive()
                commands.append(parse_amf(payload) if type_id == COMMAND else [type_id])
        stop.wait(2)

    return behave


def refusing_publish(code, description="no"):
    def behave(caller, stop):
        _server_handshake(caller)
        connection = Connection(caller)
        connection.receive_command("connect")
        connection.command("_result", 1, {"fmsVer": "test"}, {"level": "status", "code": "NetConnection.Connect.Success"})
        transaction = connection.receive_command("createStream")[1]
        connection.command("_result", transaction, None, 1)
        key = connection.receive_command("publish")[3]
        text = description.replace("{key}", key)
        connection.command(
            "onStatus", 0, None, {"level": "error", "code": code, "description": text},
            chunk_stream=5, message_stream=1,
        )  # fmt: skip
        stop.wait(2)

    return behave
