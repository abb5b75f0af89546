"""The event log: what happened in a show is told in order, by the API, as events, by `sluice log` and in the file; a
restart of sluiced neither loses nor repeats any of it, and no key is in it."""

import contextlib
import json
import os
import signal
import subprocess

import pytest
import wire
from events import Events
from processes import BIN, free_port, wait_until

STREAM_KEY = "canary-stream-key-1b77"
SOURCE_KEY = "canary-source-key-90e2"


def log(sluice, filters=""):
    return sluice.get(f"/api/log{filters}")


def words(entries):
    """"stream 1 state waiting source_absent" and the like."""
    parts = [
        [e["kind"], e["target"], e["event"], e["state"], e["reason"] and e["reason"]["code"]] for e in entries
    ]  # fmt: skip
    return [" ".join(str(part) for part in one if part is not None) for one in parts]


def assert_told_in_order(expected, entries):
    """All of them, perhaps with others in between: how often a platform is tried depends on the clock."""
    rest = iter(words(entries))
    missing = [one for one in expected if one not in rest]
    assert not missing, f"missing, or too early: {missing} in {words(entries)}"


def on_disk(sluice):
    text = (sluice.data / "log" / "events.jsonl").read_text()
    assert "canary" not in text
    return [json.loads(line) for line in text.splitlines()]


def wait_for_log(sluice, *last, filters=""):
    """Until it ends like this."""
    return wait_until(
        lambda: (lambda all: all if words(all)[-len(last) :] == list(last) else None)(log(sluice, filters)),
        f"the log ends with {last}",
    )


def printed(sluice, *arguments, language="C.UTF-8"):
    done = subprocess.run(
        [BIN / "sluice", "--url", f"http://127.0.0.1:{sluice.http_port}", "log", *arguments],
        env={"LC_ALL": language, "TZ": "UTC"}, capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("options", [[], ["--streams-per-relay", "5"]], ids=["single", "packed"])
def test_a_whole_show_is_told_in_order(options, new_sluice, platform, publish, cleanup):
    sluice = new_sluice()
    sluice.options = options
    sluice.start()
    events = Events(sluice, cleanup)
    port = free_port()
    first = platform(port=port)
    stream = sluice.add_stream(first.url, enabled=False, key=STREAM_KEY, name="YouTube")["id"]
    sluice.switch(stream, True)
    sluice.wait_for_state(stream, "waiting")
    wait_for_log(sluice, "stream 1 state waiting source_absent")
    show = publish(sluice)
    sluice.wait_for_state(stream, "live")
    assert words(log(sluice)) == [
        "sluice started", "stream 1 added", "stream 1 switched_on", "stream 1 state waiting source_absent",
        "source 1 publishing", "stream 1 state connecting", "stream 1 state live",
    ]  # fmt: skip

    first.process.stop(signal.SIGKILL)
    sluice.wait_for_state(stream, "refused")  # it closed right after the key
    sluice.request("POST", f"/api/streams/{stream}/retry")
    sluice.wait_for_state(stream, "retrying")
    platform(port=port)
    sluice.request("POST", f"/api/streams/{stream}/retry")
    sluice.wait_for_state(stream, "live")
    sluice.switch(stream, False)
    show.stop()
    wait_for_log(sluice, "stream 1 state off", "source 1 absent")
    assert sluice.request("DELETE", f"/api/streams/{stream}").status == 204
    told = log(sluice)
    assert_told_in_order(
        [
            "stream 1 state live", "stream 1 state refused key_refused", "stream 1 retried",
            "stream 1 state retrying unreachable", "stream 1 retried", "stream 1 state live", "stream 1 switched_off",
            "stream 1 state off", "source 1 absent", "stream 1 removed",
        ],
        told,
    )  # fmt: skip
    assert [one["id"] for one in told] == list(range(told[0]["id"], told[0]["id"] + len(told)))
    assert all(told[n]["at"] <= told[n + 1]["at"] for n in range(len(told) - 1))
    assert {one["name"] for one in told if one["kind"] == "stream"} == {"YouTube"}
    assert on_disk(sluice) == told

    # As events they were told too, in the same order and form.
    assert events.until(lambda name, data: name == "log")[1] == told[1]
    assert events.until(lambda name, data: name == "log" and data["id"] == told[-1]["id"])[1] == told[-1]

    # What is asked for by id, stream and source.
    assert log(sluice, f"?after={told[3]['id']}&limit=3") == told[4:7]
    assert log(sluice, "?limit=2") == told[-2:]
    assert log(sluice, "?source=1") == [one for one in told if one["kind"] == "source"]
    assert log(sluice, "?stream=1") == [one for one in told if one["kind"] == "stream"]

    # A restart of sluiced loses nothing, and the numbers grow.
    sluice.terminate()
    sluice.start()
    after = log(sluice)
    assert after[: len(told)] == told
    assert words(after[len(told) :]) == ["sluice started"]
    assert after[-1]["id"] > told[-1]["id"]
    assert on_disk(sluice) == after

    lines = printed(sluice, "--stream", "1", language="fr_FR.UTF-8")
    assert len(lines) == len(log(sluice, "?stream=1"))
    assert lines[0] == f"{told[1]['at'][:19].replace('T', ' ')}  stream 1 YouTube: added"
    assert any("trying again, Le serveur de la plateforme est injoignable" in line for line in lines), lines
    assert [json.loads(line) for line in printed(sluice, "--json")] == after


def test_a_manager_that_takes_over_tells_only_what_is_new(sluice, platform, publish):
    ids = [sluice.add_stream(platform().url, key=STREAM_KEY)["id"] for _ in range(2)]
    show = publish(sluice)
    for stream in ids:
        sluice.wait_for_state(stream, "live")
    before = log(sluice)
    for end in (sluice.kill, sluice.leave):
        end()
        sluice.start()
        for stream in ids:
            sluice.wait_for_state(stream, "live")
        sluice.wait_for_publisher()
    sluice.put(ids[0], name="Twitch", key="canary-other")
    assert words(log(sluice, f"?after={before[-1]['id']}"))[:3] == ["sluice started", "sluice started", "stream 1 changed"]
    sluice.wait_for_state(ids[0], "live")

    # What happened while there was no manager is told by the next one.
    sluice.kill()
    (ingest,) = sluice.children("sluice-ingest")
    last = on_disk(sluice)[-1]["id"]
    os.kill(sluice.relays()[ids[1]], signal.SIGKILL)
    os.kill(ingest, signal.SIGKILL)
    with contextlib.suppress(AssertionError, OSError):  # its connection is gone
        show.stop()
    sluice.start()
    sluice.wait_for_state(ids[0], "holding")
    sluice.wait_for_state(ids[1], "waiting")
    expected = {"sluice started", "source 1 absent", "stream 1 state holding", "stream 2 state waiting source_absent"}

    def all_told():
        told = words(log(sluice, f"?after={last}"))
        return expected <= {one.removesuffix(" source_broken").removesuffix(" source_broken_waiting") for one in told}

    wait_until(all_told, f"{expected} are told")
    on_disk(sluice)


def test_a_publisher_that_hammers_is_told_of_once_and_without_its_key(sluice):
    for _ in range(20):
        assert not wire.Publisher(sluice.rtmp_port, "nowhere", SOURCE_KEY).accepted
    told = wait_for_log(sluice, "sluice publisher_refused")
    assert words(told) == ["sluice started", "sluice publisher_refused"]
    assert told[-1]["name"] == "127.0.0.1"
    assert on_disk(sluice) == told


def test_a_damaged_end_of_the_file_costs_only_itself(sluice):
    stream = sluice.add_stream("rtmp://127.0.0.1:1/live", enabled=False)["id"]
    before = log(sluice)
    sluice.kill()
    with open(sluice.data / "log" / "events.jsonl", "a") as file:
        file.write('{"id":3,"at":"2026-11-2')
    sluice.start()
    sluice.put(stream, name="other")
    assert words(log(sluice)) == [*words(before), "sluice started", "stream 1 changed"]
    sluice.kill()
    sluice.start()
    assert words(log(sluice)) == [*words(before), "sluice started", "stream 1 changed", "sluice started"]


def test_a_wrong_filter_is_named(sluice):
    for filters, field in [("?stream=x", "stream"), ("?limit=0", "limit"), ("?limit=5001", "limit"), ("?after=-1", "after")]:
        answer = sluice.request("GET", f"/api/log{filters}")
        assert answer.status == 422 and answer.body["field"] == field, answer
