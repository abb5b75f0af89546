"""Switching one stream on and off beside others that run: how long until it is there, and until it is gone."""

import random
import time

from .children import Gone, wait_until
from .spread import spread
from .stacks import NginxPlatform

# A relay of ffmpeg needs up to 3.4 s to its first key frame.
DEADLINE_SECONDS = 15


def _found(run, milliseconds):
    spreads = {what: spread(values) for what, values in milliseconds.items()}
    return {"stack": run.stack.title, "streams_beside": run.count, **spreads}


def switch_sluice(run, times, pause_seconds):
    """Switches one more stream on and off over REST, at moments that have nothing to do with key frames. One that
    has no process of its own is gone when its connection is."""
    stack, sink = run.stack, run.sink
    alone = stack.streams_per_relay == 1
    stream = stack.add_stream("switched", enabled=False)
    answer_on_ms, answer_off_ms = [], []
    pid = None

    def switch_on():
        nonlocal pid
        began = time.monotonic_ns()
        stack.begin_switch(stream, True)
        pid = stack.end_switch()["pid"]
        answer_on_ms.append((time.monotonic_ns() - began) / 1e6)
        return (sink.first_key_frame("switched", 10)["ns"] - began) / 1e6

    def switch_off():
        gone = Gone(pid) if alone else None
        began = time.monotonic_ns()
        stack.begin_switch(stream, False)
        ended = gone.wait(5, "the relay that was switched off") if alone else sink.closed("switched", 5)["ns"]
        stack.end_switch()
        answer_off_ms.append((time.monotonic_ns() - began) / 1e6)
        return (ended - began) / 1e6

    key_ms, gone_ms = _alternate(times, pause_seconds, switch_on, switch_off)
    found = {
        "enable_to_first_key_frame": key_ms,
        "enable_to_answer": answer_on_ms,
        "disable_to_gone" if alone else "disable_to_closed": gone_ms,
        "disable_to_answer": answer_off_ms,
    }
    return _found(run, found)


def _alternate(times, pause_seconds, switch_on, switch_off):
    """Both give milliseconds. Returns those of each, at moments that have nothing to do with key frames."""
    moments = random.Random(1)
    on_ms, off_ms = [], []
    for _ in range(times):
        for switch, found in ((switch_on, on_ms), (switch_off, off_ms)):
            time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
            found.append(switch())
    return on_ms, off_ms


def switch_ffmpeg(run, times, pause_seconds):
    """The same for ffmpeg, without the cost of the backend that starts it."""
    relay = None

    def switch_on():
        nonlocal relay
        relay = run.stack.spawn_relay("switched")
        return (run.sink.first_key_frame("switched", DEADLINE_SECONDS)["ns"] - relay.started_ns) / 1e6

    def switch_off():
        gone = Gone(relay.pid)
        began = time.monotonic_ns()
        relay.process.terminate()
        ended = gone.wait(5, "ffmpeg")
        relay.end()
        return (ended - began) / 1e6

    key_ms, gone_ms = _alternate(times, pause_seconds, switch_on, switch_off)
    return _found(run, {"enable_to_first_key_frame": key_ms, "disable_to_gone": gone_ms})


def switch_nms(run, times, pause_seconds):
    """The same for node-media-server: one process for all, so that the end is that of the connection."""

    def switch_on():
        began = time.monotonic_ns()
        run.stack.switch_on("switched")
        return (run.sink.first_key_frame("switched", DEADLINE_SECONDS)["ns"] - began) / 1e6

    def switch_off():
        began = time.monotonic_ns()
        run.stack.switch_off("switched")
        return (run.sink.closed("switched", 10)["ns"] - began) / 1e6

    key_ms, closed_ms = _alternate(times, pause_seconds, switch_on, switch_off)
    return _found(run, {"enable_to_first_key_frame": key_ms, "disable_to_closed": closed_ms})


def switch_at_nginx(run, times, pause_seconds):
    """One of Sluice's streams again, with nginx-rtmp as the platform. What arrives there is not seen from outside: the
    end is the state `live`, which is that the first key frame has been written. On loopback that is the same moment."""
    work_dir = run.work_dir / "platform"
    work_dir.mkdir()
    platform = NginxPlatform(work_dir)
    try:
        platform.start_nginx([])
        stream = run.stack.add_stream("at-nginx", enabled=False, server=platform.url)
        moments = random.Random(1)
        live_ms = []
        for _ in range(times):
            time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
            began = time.monotonic_ns()
            run.stack.switch(stream, True)
            wait_until(lambda: run.stack.stream(stream)["state"] == "live", 10, "live at nginx-rtmp", 0.001)
            live_ms.append((time.monotonic_ns() - began) / 1e6)
            run.stack.switch(stream, False)
    finally:
        platform.end()
    return _found(run, {"enable_to_live_at_nginx": live_ms})
