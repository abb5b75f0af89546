"""Watching a source over HTTP, as the page's preview, ffplay, VLC and curl do: GET /api/sources/1/live.flv."""

import contextlib
import json
import os
import socket
import struct
import threading
import time

import compare
import flv
import media
import publishers
import pytest
import wire
from processes import Process, wait_until

MAX_VIEWERS = 16
HEAD_OF_200 = {
    "content-type": "video/x-flv",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "connection": "close",
}


def url(sluice):
    return f"http://127.0.0.1:{sluice.http_port}/api/sources/1/live.flv"


class Viewer:
    """A client of our own; keeps what it reads in a file. `receive_buffer` in bytes: less is on its way to one that
    does not read."""

    def __init__(self, sluice, cleanup, *, path="/api/sources/1/live.flv", method="GET", receive_buffer=None, more=""):
        self.socket = socket.socket()
        cleanup.add(self.socket.close)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", sluice.http_port))
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{sluice.http_port}\r\n{more}\r\n".encode())
        self._rest = b""

    def head(self):
        """(status, headers), names in lower case."""
        while b"\r\n\r\n" not in self._rest:
            data = self.socket.recv(65536)
            assert data, f"the connection ended within the head: {self._rest!r}"
            self._rest += data
        text, self._rest = self._rest.split(b"\r\n\r\n", 1)
        first, *lines = text.decode().split("\r\n")
        return int(first.split()[1]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def read(self, size):
        while len(self._rest) < size:
            data = self.socket.recv(65536)
            assert data, "the connection ended"
            self._rest += data
        wanted, self._rest = self._rest[:size], self._rest[size:]
        return wanted

    def read_to_the_end(self):
        while data := self.socket.recv(65536):
            self._rest += data
        return self._rest

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Recorder(Viewer):
    """Reads all the time, into a file."""

    def __init__(self, sluice, cleanup, path):
        super().__init__(sluice, cleanup)
        assert self.head()[0] == 200
        self.path = path
        path.touch()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        cleanup.add(self._end)

    def _run(self):
        with open(self.path, "wb") as file, contextlib.suppress(OSError):
            file.write(self._rest)
            while data := self.socket.recv(65536):
                file.write(data)
                file.flush()

    def _end(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def wait_for_the_end(self, timeout=20):
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "the connection goes on"

    def packets(self):
        return flv.read(self.path)


def sockets_of(pid):
    found = 0
    for entry in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):  # closed just now
            found += os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:")
    return found


def logged(sluice, words):
    return any(words in text for text in sluice.logs().values())


def test_ffmpeg_plays_it_with_picture_and_sound_from_the_beginning(sluice, film, tmp_path, cleanup):
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    player = Process(
        ["ffmpeg", "-nostdin", "-v", "warning", "-i", url(sluice), "-t", "3", "-map", "0:v", "-map", "0:a", "-c", "copy",
         "-copyts", "-f", "flv", "-y", tmp_path / "played.flv"], tmp_path / "player.log",
    )  # fmt: skip
    cleanup.add(player.stop)
    assert player.wait(30) == 0, player.log()
    played = media.packets(tmp_path / "played.flv")
    compare.run_of(media.packets(film), played, "video")
    compare.run_of(media.packets(film), played, "audio")
    probe = Process(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", url(sluice)],
        tmp_path / "probe.log",
    )  # fmt: skip
    cleanup.add(probe.stop)
    assert probe.wait(30) == 0, probe.log()
    assert sorted(probe.log().split()) == ["aac", "h264"]


def test_it_begins_with_a_key_frame_at_0_and_is_what_was_published_to_the_end(sluice, short_film, tmp_path, cleanup):
    publisher = publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    viewer = Recorder(sluice, cleanup, tmp_path / "viewed.flv")
    publisher.finish()
    viewer.wait_for_the_end()
    published, viewed = media.packets(short_film), viewer.packets()
    compare.assert_relayed(published, viewed)
    assert [p.kind for p in viewed[:3]] == ["data", "video", "audio"] and viewed[1].is_header and viewed[2].is_header
    assert (tmp_path / "viewed.flv").read_bytes()[4] == 5, "both tracks are announced"
    assert (viewed[0].timestamp, viewed[3].timestamp) == (0, 0) and viewed[3].is_key


def test_the_next_publisher_is_watched_over_a_new_connection(sluice, short_film, tmp_path, cleanup):
    publisher = publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    viewer = Recorder(sluice, cleanup, tmp_path / "first.flv")
    wait_until(lambda: len(viewer.packets()) > 50, "the first one is seen")
    successor = publishers.ffmpeg(short_film, sluice.rtmp, tmp_path, cleanup)  # takes the source over
    viewer.wait_for_the_end()
    publisher.kill()
    again = Recorder(sluice, cleanup, tmp_path / "second.flv")
    wait_until(lambda: len(again.packets()) > 50, "the second one is seen")
    successor.kill()
    again.wait_for_the_end()
    for packets in (viewer.packets(), again.packets()):
        compare.assert_relayed(media.packets(short_film), packets, to_the_end=False)


def test_what_cannot_be_watched_is_said_in_plain_words(sluice, cleanup):
    nobody = sluice.request("GET", "/api/sources/1/live.flv")
    assert (nobody.status, nobody.body["reason"]["code"]) == (409, "source_absent")
    assert sluice.request("GET", "/api/sources/9/live.flv").status == 404
    assert sluice.request("POST", "/api/sources/1/live.flv").status == 405
    publisher = wire.Publisher(sluice.rtmp_port)
    assert publisher.accepted
    sluice.wait_for_publisher()
    for headers in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}):
        assert sluice.request("GET", "/api/sources/1/live.flv", headers=headers).status == 403


def test_head_says_what_get_says_and_nothing_more(sluice, publish, cleanup):
    publish(sluice)
    sluice.wait_for_publisher()
    got, headers = Viewer(sluice, cleanup).head()
    asked = Viewer(sluice, cleanup, method="HEAD")
    assert asked.head() == (got, headers)
    assert (got, headers) == (200, HEAD_OF_200)
    assert asked.read_to_the_end() == b""


def test_a_viewer_that_never_reads_disturbs_nobody_and_is_closed(sluice, platform, publish, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url)
    show = publish(sluice, kbps=4000)
    sluice.wait_for_publisher()
    stuck = Viewer(sluice, cleanup, receive_buffer=4096)
    reader = Recorder(sluice, cleanup, tmp_path / "viewed.flv")
    wait_until(lambda: logged(sluice, "viewer does not read: closed"), "the stuck one is closed", 40)
    with pytest.raises(ConnectionResetError):
        stuck.read_to_the_end()
    show.stop()
    reader.wait_for_the_end()
    compare.assert_relayed(show.sent, reader.packets())
    for kind in ("video", "audio"):
        last = compare.hashes(show.sent, kind)[-1]
        wait_until(lambda: last in compare.hashes(one.last().packets, kind), f"the platform has all {kind}")
    compare.assert_whole(show.sent, one.last().packets)


def test_one_too_many_is_told_so_and_place_is_made_at_once(sluice, publish, cleanup):
    publish(sluice)
    sluice.wait_for_publisher()
    viewers = [Viewer(sluice, cleanup) for _ in range(MAX_VIEWERS)]
    assert {viewer.head()[0] for viewer in viewers} == {200}
    refused = Viewer(sluice, cleanup)
    status, headers = refused.head()
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    problem = json.loads(refused.read_to_the_end())
    sluice.description.check("GET", "/api/sources/1/live.flv", status, headers["content-type"], problem)
    assert "16" in problem["detail"]
    viewers[0].reset()
    viewers[1].close()
    wait_until(lambda: Viewer(sluice, cleanup).head()[0] == 200, "there is place again")


def test_viewers_that_go_leave_nothing_behind(sluice, publish, cleanup):
    publish(sluice)
    sluice.wait_for_publisher()
    (ingest,) = sluice.children("sluice-ingest")
    maps = f"/proc/{ingest}/maps"
    before, mapped = sockets_of(ingest), len(open(maps).readlines())
    managers = sockets_of(sluice.process.pid)
    for round in range(3):
        viewers = [Viewer(sluice, cleanup) for _ in range(MAX_VIEWERS)]
        assert {viewer.head()[0] for viewer in viewers} == {200}
        assert sockets_of(ingest) >= before + MAX_VIEWERS
        assert sockets_of(sluice.process.pid) <= managers + 1, "the manager keeps none of them"
        for number, viewer in enumerate(viewers):
            viewer.reset() if number % 2 else viewer.close()
        wait_until(lambda: sockets_of(ingest) == before, "all their sockets are closed")
    wait_until(lambda: len(open(maps).readlines()) <= mapped + 1, "no ring is mapped for nobody")


def test_a_viewer_goes_on_while_the_manager_is_away(sluice, publish, tmp_path, cleanup):
    show = publish(sluice)
    sluice.wait_for_publisher()
    viewer = Recorder(sluice, cleanup, tmp_path / "viewed.flv")
    wait_until(lambda: len(viewer.packets()) > 20, "it is seen")
    sluice.kill()
    seen = len(viewer.packets())
    wait_until(lambda: len(viewer.packets()) > seen + 50, "it is seen without a manager")
    sluice.start()
    again = Viewer(sluice, cleanup)
    assert again.head()[0] == 200 and again.read(3) == b"FLV"
    show.stop()
    viewer.wait_for_the_end()
    compare.assert_relayed(show.sent, viewer.packets())


@pytest.mark.parametrize("rest", ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "x" * 100_000])
def test_what_a_viewer_says_behind_its_request_is_ignored(rest, sluice, publish, cleanup):
    publish(sluice)
    sluice.wait_for_publisher()
    viewer = Viewer(sluice, cleanup)
    viewer.socket.sendall(rest.encode())
    assert viewer.head()[0] == 200 and viewer.read(3) == b"FLV"
    viewer.socket.sendall(rest.encode())
    begin = time.monotonic()
    viewer.read(200_000)
    assert time.monotonic() - begin < 20
