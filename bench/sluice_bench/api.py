"""REST APIs, as far as the bench needs them."""

import http.client
import json
import socket
import threading

from .children import BenchError


class Api:
    """One connection, kept open."""

    def __init__(self, port):
        self.headers = {"Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def begin(self, method, path, body=None):
        """Sends a request; answer() takes what comes back."""
        payload = None if body is None else json.dumps(body)
        self._connection.request(method, path, payload, self.headers)

    def answer(self):
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise BenchError(f"the API answered {response.status}: {text.decode(errors='replace')}")
        return json.loads(text) if text else None

    def call(self, method, path, body=None):
        self.begin(method, path, body)
        return self.answer()

    def healthy(self):
        try:
            self.call("GET", "/api/health")
            return True
        except (OSError, BenchError, http.client.HTTPException):
            self._connection.close()
            return False


class EventReader:
    """Reads /api/events as an open page does, in a thread of its own, until the `with` ends."""

    def __init__(self, port):
        self.received_bytes = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def __enter__(self):
        self._connection.request("GET", "/api/events", headers={"Accept": "text/event-stream"})
        self._socket = self._connection.sock  # a response without a length takes it from the connection
        self._response = self._connection.getresponse()
        if self._response.status != 200:
            raise BenchError(f"sluiced answered {self._response.status} to a page.")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def _read(self):
        try:
            while data := self._response.read1(1 << 16):
                self.received_bytes += len(data)
        except (OSError, ValueError, http.client.HTTPException):
            pass  # the end of the `with`

    def __exit__(self, *_):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(10)
        self._response.close()
        self._connection.close()
