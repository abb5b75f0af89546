"""Sluice's REST API, as far as the bench needs it. One connection, kept open."""

import http.client
import json

from .children import BenchError


class Api:
    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def begin(self, method, path, body=None):
        """Sends a request; answer() takes what comes back."""
        payload = None if body is None else json.dumps(body)
        self._connection.request(method, path, payload, {"Content-Type": "application/json"})

    def answer(self):
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise BenchError(f"sluiced answered {response.status}: {text.decode(errors='replace')}")
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
