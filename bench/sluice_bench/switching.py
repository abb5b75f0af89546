"""Switching one stream on and off beside others that run: how long until it is there, and until it is gone."""

import random
import time

from .children import Gone, wait_until
from .spread import spread
from .stacks import NginxPlatform

# A relay of ffmpeg needs up to 3.4 s to its first key frame.
DEADLINE_SECONDS = 15


def switch_sluice(run, times, pause_seconds):
    """Switches one more stream on and off over REST, at moments that have nothing to do with key frames. One that
    has no process of its own is gone when its connection is."""
    stack, sink = run.stack, run.sink
    alone = stack.streams_per_relay == 1
    stream = stack.add_stream("switched", enabled=False)
    moments = random.Random(1)
    key_ms, gone_ms, answer_on_ms, answer_off_ms = [], [], [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        stack.begin_switch(stream, True)
        answer = stack.end_switch()
        answer_on_ms.append((time.monotonic_ns() - began) / 1e6)
        key_ms.append((sink.first_key_frame("switched", 10)["ns"] - began) / 1e6)

        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        gone = Gone(answer["pid"]) if alone else None
        began = time.monotonic_ns()
        stack.begin_switch(stream, False)
        ended = gone.wait(5, "the relay that was switched off") if alone else sink.closed("switched", 5)["ns"]
        gone_ms.append((ended - began) / 1e6)
        stack.end_switch()
        answer_off_ms.append((time.monotonic_ns() - began) / 1e6)
    return {
        "stack": stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "enable_to_answer": spread(answer_on_ms),
        "disable_to_gone" if alone else "disable_to_closed": spread(gone_ms),
        "disable_to_answer": spread(answer_off_ms),
    }


def switch_ffmpeg(run, times, pause_seconds):
    """The same for ffmpeg, without the cost of the backend that starts it."""
    moments = random.Random(1)
    key_ms, gone_ms = [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        relay = run.stack.spawn_relay("switched")
        first = run.sink.first_key_frame("switched", DEADLINE_SECONDS)
        key_ms.append((first["ns"] - relay.started_ns) / 1e6)
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        gone = Gone(relay.pid)
        began = time.monotonic_ns()
        relay.process.terminate()
        gone_ms.append((gone.wait(5, "ffmpeg") - began) / 1e6)
        relay.end()
    return {
        "stack": run.stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "disable_to_gone": spread(gone_ms),
    }


def switch_nms(run, times, pause_seconds):
    """The same for node-media-server: one process for all, so that the end is that of the connection."""
    moments = random.Random(1)
    key_ms, closed_ms = [], []
    for _ in range(times):
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        run.stack.switch_on("switched")
        key_ms.append((run.sink.first_key_frame("switched", DEADLINE_SECONDS)["ns"] - began) / 1e6)
        time.sleep(moments.uniform(0.5, 1.5) * pause_seconds)
        began = time.monotonic_ns()
        run.stack.switch_off("switched")
        closed_ms.append((run.sink.closed("switched", 10)["ns"] - began) / 1e6)
    return {
        "stack": run.stack.title,
        "streams_beside": run.count,
        "enable_to_first_key_frame": spread(key_ms),
        "disable_to_closed": spread(closed_ms),
    }


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
    return {"stack": run.stack.title, "streams_beside": run.count, "enable_to_live_at_nginx": spread(live_ms)}
