"""Programs that people publish with, as they are installed by Debian."""

import signal
import urllib.parse

from processes import Process


class Publisher:
    def __init__(self, arguments, log, cleanup):
        self.process = Process(arguments, log)
        cleanup.add(lambda: self.process.stop(signal.SIGKILL))

    def finish(self, timeout=60):
        """Waits until the whole file has been published."""
        code = self.process.wait(timeout)
        assert code == 0, f"the publisher failed ({code}):\n{self.process.log()[-2000:]}"

    def stop(self):
        """The user presses Stop: ffmpeg and GStreamer say goodbye at SIGINT."""
        self.process.stop(signal.SIGINT)

    def kill(self):
        """The connection breaks without a word."""
        self.process.stop(signal.SIGKILL)


def ffmpeg(film, url, directory, cleanup, *, seconds=None):
    limit = ["-t", str(seconds)] if seconds else []
    arguments = ["ffmpeg", "-nostdin", "-v", "warning", "-re", *limit, "-i", film, "-c", "copy", "-f", "flv", url]
    return Publisher(arguments, directory / "ffmpeg.log", cleanup)


def _gstreamer(film, sink, directory, cleanup):
    pipeline = (
        f"filesrc location={film} ! flvdemux name=in "
        "flvmux name=out streamable=true "
        "in.video ! queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! out.video "
        "in.audio ! queue ! aacparse ! audio/mpeg,stream-format=raw ! out.audio "
        f"out. ! identity sync=true ! {sink}"
    )
    return Publisher(["gst-launch-1.0", "-e", "-q", *pipeline.split(" ")], directory / "gstreamer.log", cleanup)


def rtmp2sink(film, url, directory, cleanup):
    """Its location= wants a stream name; the empty one goes in by the single properties."""
    parts = urllib.parse.urlsplit(url)
    where = f"host={parts.hostname} port={parts.port} application={parts.path.strip('/')} stream=\"\""
    return _gstreamer(film, f"rtmp2sink {where}", directory, cleanup)


def rtmpsink(film, url, directory, cleanup):
    """librtmp, the library of rtmpdump: chunks of 128 bytes to the end."""
    return _gstreamer(film, f"rtmpsink location={url}", directory, cleanup)
