"""A show that goes on for as long as a test needs it: sound and pictures made up message by message, none like
another, paced by the clock, and written down as published. Its pictures look like H.264 to whoever reads their
NAL units: a key frame each second, then by turns one that others are predicted from and one that none is."""

import select
import threading
import time

import wire

FRAMES_PER_SECOND = 30
GOP = FRAMES_PER_SECOND
AUDIO_PER_SECOND = 48000 / 1024
AUDIO_BYTES = 250
KEY_FRAME_WEIGHT = 6  # times an ordinary frame

# H.264 baseline 640x360; AAC-LC, 48 kHz, stereo.
AVC_CONFIGURATION = bytes.fromhex(
    "0142c01effe1001b6742c01eda0280bfe5c05a808080a0000003002000000791e2c5d401000468ce3c80"
)
AAC_CONFIGURATION = bytes.fromhex("119056e500")

KEY, REFERENCED, UNREFERENCED = 0x65, 0x41, 0x01


def picture(nal, size, seed):
    unit = bytes([nal]) + wire.unique(size, seed)
    return bytes([0x17 if nal == KEY else 0x27, 1, 0, 0, 0]) + len(unit).to_bytes(4, "big") + unit


class Broadcast:
    """`sent` grows while it runs; `sent_at` has the CLOCK_MONOTONIC nanoseconds of each, as sinks note them."""

    def __init__(self, port, cleanup, *, kbps=800, key="", host="127.0.0.1"):
        self._publisher = wire.Publisher(port, key=key, host=host)
        assert self._publisher.accepted, self._publisher.status
        self.sent = self._publisher.sent
        self.sent_at = []
        self._unit = kbps * 125 // (GOP - 1 + KEY_FRAME_WEIGHT)  # a GOP is a second
        self._failure = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        cleanup.add(self._end)

    # ---- the show ----

    def _run(self):
        try:
            self._send(wire.VIDEO, 0, bytes([0x17, 0, 0, 0, 0]) + AVC_CONFIGURATION)
            self._send(wire.AUDIO, 0, bytes([0xAF, 0]) + AAC_CONFIGURATION)
            self._play()
        except (OSError, EOFError) as failure:
            self._failure = failure

    def _play(self):
        begin = time.monotonic()
        frame = sound = 0
        while True:
            frame_at, sound_at = frame / FRAMES_PER_SECOND, sound / AUDIO_PER_SECOND
            due = min(frame_at, sound_at)
            if self._stop.wait(max(0.0, begin + due - time.monotonic())):
                return
            if frame_at <= sound_at:
                self._send(wire.VIDEO, round(due * 1000), self._frame(frame))
                frame += 1
            else:
                self._send(wire.AUDIO, round(due * 1000), bytes([0xAF, 1]) + wire.unique(AUDIO_BYTES, ("audio", sound)))
                sound += 1

    def _frame(self, number):
        if number % GOP == 0:
            return picture(KEY, self._unit * KEY_FRAME_WEIGHT, number)
        return picture(REFERENCED if number % 2 else UNREFERENCED, self._unit, number)

    def _send(self, type_id, timestamp, payload):
        self.sent_at.append(time.monotonic_ns())
        self._publisher.send(type_id, timestamp, payload)
        self._hear()

    def _hear(self):
        """Acknowledgements are taken and ignored, so that they do not pile up at the server."""
        connection = self._publisher.connection.socket
        while select.select([connection], [], [], 0)[0]:
            if not connection.recv(65536):
                raise EOFError("closed by the server")

    # ---- for the test ----

    def mark(self):
        """How much has been published by now."""
        assert self._failure is None, f"the publisher failed: {self._failure}"
        return len(self.sent)

    def stop(self):
        """The user presses Stop. Returns all that was published."""
        self._end()
        self._publisher.stop()
        self.mark()
        return self.sent

    def _end(self):
        self._stop.set()
        self._thread.join()
