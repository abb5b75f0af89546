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


def ffmpeg(film, url, directory, cleanup, *, seconds=None, begin=0, prefix=()):
    """`begin`: the second of the film to begin with, a key frame; published times begin at 0 all the same."""
    part = ["-ss", str(begin + 0.1)] if begin else []  # it takes the key frame before
    part += ["-t", str(seconds)] if seconds else []
    copy = ["-c", "copy", "-flvflags", "no_duration_filesize", "-f", "flv", url]
    arguments = [*prefix, "ffmpeg", "-nostdin", "-v", "warning", "-re", *part, "-i", film, *copy]
    return Publisher(arguments, directory / "ffmpeg.log", cleanup)


def reconnecting_ffmpeg(film, url, directory, cleanup):
    """Calls again when its connection is lost, as OBS does. Unlike OBS's, its clock goes on."""
    arguments = (
        f"ffmpeg -nostdin -v warning -re -i {film} -map 0 -c copy -f fifo -fifo_format flv -drop_pkts_on_overflow 1 "
        f"-attempt_recovery 1 -recover_any_error 1 -recovery_wait_time 0.5 -restart_with_keyframe 1 {url}"
    )
    return Publisher(arguments.split(), directory / "ffmpeg.log", cleanup)


def encoder(url, copy, directory, cleanup, *, filters="null", seed=1):
    """Encodes as it publishes, as OBS does; `copy` gets the same packets. Started again with other filters it shows other
    pictures with the same settings, and with another seed makes other noise."""
    pictures = f"testsrc2=size=1280x720:rate=30,{filters}"
    arguments = (
        f"ffmpeg -nostdin -v warning -re -f lavfi -i {pictures} -f lavfi -i anoisesrc=sample_rate=48000:seed={seed} "
        "-ac 2 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune zerolatency -profile:v high "
        "-x264-params cabac=1:weightp=2:bframes=2 -b:v 2500k -g 30 -c:a aac -b:a 128k -flags +global_header -map 0 -map 1 "
        f"-f tee [f=flv:flvflags=no_duration_filesize]{url}|[f=flv:flush_packets=1]{copy}"
    )
    return Publisher(arguments.split(), directory / "encoder.log", cleanup)


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
