"""GET /api/events, as a page or a script hears it."""

import http.client
import json


class Events:
    """Reads GET /api/events."""

    def __init__(self, sluice, cleanup):
        self._description = sluice.description
        self._connection = http.client.HTTPConnection("127.0.0.1", sluice.http_port, timeout=20)
        cleanup.add(self._connection.close)
        self._connection.request("GET", "/api/events")
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        assert self._answer.getheader("Content-Type").startswith("text/event-stream")

    def next(self):
        name, data = None, ""
        while True:
            line = self._answer.readline().decode().rstrip("\n")
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                data += line[5:].strip()
            elif line == "" and name:
                value = json.loads(data)
                self._description.check_event(name, value)
                return name, value

    def until(self, condition):
        """The first event for which the condition holds; the socket's time-out bounds the waiting."""
        while True:
            name, data = self.next()
            if condition(name, data):
                return name, data
