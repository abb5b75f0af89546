"""The REST contract. That each answer, each accepted body and each event is as described in docs/openapi.yaml is
checked with every request that any scenario makes (sluice.py); here are the rules that a description cannot say."""

import http.client
import json
import pathlib
import socket
import subprocess

import description
import pytest
import wire
from events import Events
from processes import BIN, wait_until

SERVER = "rtmp://127.0.0.1:1/live"


def test_every_stream_field_reads_back_but_the_key(sluice):
    fields = {
        "name": "Facebook", "platform": "facebook", "server": "rtmps://live.example:443/rtmp/", "key": "sécret",
        "source": 1, "enabled": False, "hold_s": 300, "stop_grace_s": 0, "silent_audio": "off",
    }  # fmt: skip
    answer = sluice.request("POST", "/api/streams", fields)
    assert answer.status == 201
    stream = answer.body
    assert answer.headers["Location"] == f"/api/streams/{stream['id']}"
    key = fields.pop("key")
    assert {name: stream[name] for name in fields} == fields
    assert stream["key_set"] is True
    assert stream["state"] == "off" and stream["pid"] is None
    assert "key" not in stream and key not in json.dumps(stream, ensure_ascii=False)
    assert sluice.get("/api/streams") == [stream]
    assert sluice.stream(stream["id"]) == stream


def test_defaults_are_those_of_the_contract(sluice):
    stream = sluice.request("POST", "/api/streams", {"name": "x", "server": SERVER}).body
    assert (stream["platform"], stream["source"], stream["enabled"], stream["key_set"]) == ("custom", 1, False, False)
    assert (stream["hold_s"], stream["stop_grace_s"], stream["silent_audio"]) == (60, 10, "auto")
    assert stream["hold_until"] is None


def test_put_changes_only_what_it_is_given(sluice):
    stream = sluice.add_stream(SERVER, enabled=False, key="k")
    changed = sluice.put(stream["id"], name="other").body
    assert changed == {**stream, "name": "other"}


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", 5), ("server", "http://example/live"), ("server", "rtmp://"), ("server", "rtmp://host"),
        ("server", "rtmp://user:word@host/live"), ("server", "rtmp://host/with space"), ("server", None),
        ("source", 99), ("source", "1"), ("enabled", "yes"), ("enabled", 1), ("key", 7), ("key", "k" * 1025),
        ("platform", 3), ("tls_ca", 1), ("backup_server", "host"), ("backup_server", None),
        ("hold_s", -1), ("hold_s", 3601), ("hold_s", 1.5), ("stop_grace_s", 301), ("stop_grace_s", "10"),
        ("silent_audio", "yes"), ("silent_audio", True), ("position", 0), ("position", 1_000_001), ("position", "1"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field, value, sluice):
    answer = sluice.request("POST", "/api/streams", {"name": "x", "server": SERVER, field: value})
    assert answer.status == 422, answer
    assert answer.body["field"] == field
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert sluice.get("/api/streams") == []


def test_an_unknown_field_is_named(sluice):
    answer = sluice.request("POST", "/api/streams", {"name": "x", "server": SERVER, "enabeld": True})
    assert answer.status == 422 and answer.body["field"] == "enabeld"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"{}x", b"\xff\xfe", b"[" * 100_000])
def test_bad_json_is_400(raw, sluice):
    answer = sluice.request("POST", "/api/streams", raw=raw)
    assert answer.status in (400, 413), answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_every_reason_of_the_description_has_its_sentences_and_no_other():
    sentences = json.loads((pathlib.Path(__file__).parents[2] / "texts" / "reasons.json").read_text())
    schemas = description.Description().document["components"]["schemas"]
    codes = schemas["ReasonCode"]["enum"]
    assert sorted(sentences) == sorted(codes)
    assert [code for code in codes if f"{code}: " not in schemas["ReasonCode"]["description"]] == []


def test_unknown_things_are_404(sluice):
    for method, path in [
        ("GET", "/api/streams/1"), ("PUT", "/api/streams/1"), ("DELETE", "/api/streams/1"),
        ("POST", "/api/streams/1/retry"), ("GET", "/api/sources/7"), ("GET", "/api/nothing"), ("GET", "/api/streams/x"),
        ("GET", "/api/streams/99999999999999999999"),
    ]:  # fmt: skip
        assert sluice.request(method, path, {} if method == "PUT" else None).status == 404, (method, path)


def test_ids_are_never_used_again(sluice):
    first = sluice.add_stream(SERVER, enabled=False)["id"]
    assert sluice.request("DELETE", f"/api/streams/{first}").status == 204
    assert sluice.add_stream(SERVER, enabled=False)["id"] > first
    sluice.terminate()
    sluice.start()
    last = max(stream["id"] for stream in sluice.get("/api/streams"))
    assert sluice.request("DELETE", f"/api/streams/{last}").status == 204
    sluice.terminate()
    sluice.start()
    assert sluice.add_stream(SERVER, enabled=False)["id"] > last


def test_the_same_target_twice_is_allowed_with_a_warning(sluice):
    first = sluice.add_stream(SERVER, enabled=False, key="k")
    second = sluice.add_stream(SERVER, enabled=False, key="k")
    assert first["warnings"] == []
    assert second["warnings"] != []
    assert sluice.stream(first["id"])["warnings"] != []


def test_source_1_is_live_with_the_empty_key_and_stays(sluice):
    (source,) = sluice.get("/api/sources")
    assert (source["id"], source["app"], source["key"]) == (1, "live", "")
    assert sluice.request("DELETE", "/api/sources/1").status == 409
    assert sluice.source()["state"] == "absent"


def test_a_used_source_cannot_be_deleted(sluice):
    source = sluice.request("POST", "/api/sources", {"name": "Guest", "app": "guests", "key": "g"}).body["id"]
    stream = sluice.add_stream(SERVER, enabled=False, source=source)["id"]
    assert sluice.request("DELETE", f"/api/sources/{source}").status == 409
    sluice.request("DELETE", f"/api/streams/{stream}")
    assert sluice.request("DELETE", f"/api/sources/{source}").status == 204


def test_two_sources_cannot_have_the_same_app_and_key(sluice):
    answer = sluice.request("POST", "/api/sources", {"name": "Again", "app": "live", "key": ""})
    assert answer.status in (409, 422)


def test_source_1_can_be_renamed_but_not_moved(sluice):
    renamed = sluice.request("PUT", "/api/sources/1", {"name": "Main show"})
    assert renamed.status == 200
    assert renamed.body == sluice.source() and renamed.body["name"] == "Main show"
    for moved in ({"app": "other"}, {"key": "k"}):
        assert sluice.request("PUT", "/api/sources/1", moved).status == 409
    assert (sluice.source()["app"], sluice.source()["key"]) == ("live", "")


def test_a_changed_source_takes_publishers_at_its_new_address_only(sluice):
    source = sluice.request("POST", "/api/sources", {"name": "Guest", "app": "guests", "key": "old"}).body
    changed = sluice.request("PUT", f"/api/sources/{source['id']}", {"key": "new"})
    assert changed.status == 200
    assert changed.body == {**source, "key": "new"}
    # The ingest is told right after the answer.
    wait_until(lambda: not wire.Publisher(sluice.rtmp_port, "guests", "old").accepted, "the old key is refused")
    publisher = wire.Publisher(sluice.rtmp_port, "guests", "new")
    assert publisher.accepted
    sluice.wait_for_publisher(source["id"])


def test_a_wrong_change_of_a_source_is_refused(sluice):
    source = sluice.request("POST", "/api/sources", {"app": "guests"}).body["id"]
    wrong = sluice.request("PUT", f"/api/sources/{source}", {"app": 7})
    assert wrong.status == 422 and wrong.body["field"] == "app"
    assert sluice.request("PUT", f"/api/sources/{source}", {"app": "live", "key": ""}).status == 409
    assert sluice.request("PUT", "/api/sources/99", {"name": "x"}).status == 404
    assert sluice.request("PUT", f"/api/sources/{source}", raw=b"{").status == 400


def test_info_says_what_runs_and_where_publishers_send_to(sluice):
    said = subprocess.run([BIN / "sluiced", "--version"], capture_output=True, text=True, check=True, timeout=10).stdout
    info = sluice.get("/api/info")
    assert said.split()[1].split("+")[0] == info["version"]
    assert info["rtmp_port"] == sluice.rtmp_port
    assert info["rtmp_listen"] == f"127.0.0.1:{sluice.rtmp_port}"
    assert info["lan_addresses"] == []


# A proper call of everything that is described: body, then the status that it is answered with.
PROPER_CALLS = {
    "listStreams": (None, 200), "addStream": ({"name": "x", "server": SERVER}, 201), "getStream": (None, 200),
    "changeStream": ({"name": "y"}, 200), "orderStreams": ({"ids": []}, 200), "removeStream": (None, 204), "retryStream": (None, 200),
    "listSources": (None, 200), "addSource": ({"app": "more"}, 201), "getSource": (None, 200),
    "changeSource": ({"name": "y"}, 200), "removeSource": (None, 204), "recordClip": ({"seconds": 5}, 202),
    "removeClip": (None, 204), "listRefused": (None, 200), "listPlatforms": (None, 200), "readLog": (None, 200),
    "probe": ({"server": SERVER}, 200),
    "health": (None, 200), "info": (None, 200), "metrics": (None, 200),
    "followEvents": None,  # endless: below
    "watchSource": None,  # endless: test_live_flv.py
}  # fmt: skip


def test_everything_described_is_called_here():
    assert {name for name, _, _ in description.Description().operations()} == set(PROPER_CALLS)


def test_everything_described_answers_a_proper_call(sluice):
    publisher = wire.Publisher(sluice.rtmp_port)
    publisher.send(wire.VIDEO, 0, b"\x17\x01\x00\x00\x00" + wire.unique(200, "key"))
    for name, method, path in sluice.description.operations():
        if PROPER_CALLS.get(name) is None:
            continue
        body, expected = PROPER_CALLS[name]
        if "/streams/" in path:
            stream = sluice.add_stream(SERVER, enabled=name == "retryStream")["id"]
            if name == "retryStream":
                sluice.wait_for_state(stream, "retrying")
            path = path.format(id=stream)
        else:
            source = sluice.request("POST", "/api/sources", {"app": f"app of {name}"}).body["id"]
            path = path.format(id=source)
            if name == "recordClip":
                guest = wire.Publisher(sluice.rtmp_port, f"app of {name}")
                assert guest.accepted
                sluice.wait_for_publisher(source)
        answer = sluice.request(method, path, body)
        assert answer.status == expected, (name, answer)


@pytest.mark.parametrize(
    "host, allowed",
    [
        ("127.0.0.1:{port}", True), ("localhost:{port}", True), ("[::1]:{port}", True), ("192.0.2.7", True),
        ("evil.example", False), ("evil.example:{port}", False), ("127.0.0.1.evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_only_ip_literals_and_localhost_are_accepted_as_host(host, allowed, sluice):
    answer = sluice.request("GET", "/api/streams", headers={"Host": host.format(port=sluice.http_port)})
    assert (answer.status == 200) is allowed, answer


@pytest.mark.parametrize(
    "origin, allowed",
    [
        (None, True), ("http://127.0.0.1:{port}", True), ("http://evil.example", False), ("null", False),
        ("http://127.0.0.1:1", False),
    ],
)  # fmt: skip
def test_a_foreign_page_cannot_change_anything(origin, allowed, sluice):
    headers = {"Content-Type": "text/plain"}
    if origin:
        headers["Origin"] = origin.format(port=sluice.http_port)
    body = {"name": "x", "server": SERVER}
    answer = sluice.request("POST", "/api/streams", body, headers=headers)
    assert (answer.status == 201) is allowed, answer
    assert len(sluice.get("/api/streams")) == (1 if allowed else 0)


def test_a_huge_body_and_a_huge_header_are_refused(sluice):
    for raw, headers in [(b" " * 50_000_000, {}), (None, {"X-Long": "x" * 2_000_000})]:
        try:
            assert sluice.request("POST", "/api/streams", raw=raw, headers=headers).status in (400, 413, 431)
        except (ConnectionError, http.client.HTTPException):
            pass  # closed without reading it all
    assert sluice.request("GET", "/api/health").status == 200


def test_the_page_is_served(sluice):
    answer = sluice.request("GET", "/")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src" in answer.headers["Content-Security-Policy"]


def test_metrics_are_in_prometheus_form(sluice):
    sluice.add_stream(SERVER, enabled=False, key="canary-key")
    answer = sluice.request("GET", "/metrics")
    assert answer.status == 200
    samples = [line for line in answer.body.splitlines() if line and not line.startswith("#")]
    assert samples and all(line.startswith("sluice_") for line in samples)
    assert "canary" not in answer.body


def test_events_begin_with_a_snapshot_and_tell_every_change(sluice, cleanup):
    events = Events(sluice, cleanup)
    name, snapshot = events.next()
    assert name == "snapshot"
    assert snapshot["streams"] == [] and [s["id"] for s in snapshot["sources"]] == [1]
    stream = sluice.add_stream(SERVER, enabled=False)["id"]
    _, told = events.until(lambda name, data: name == "stream")
    assert told["id"] == stream and told["state"] == "off"
    sluice.switch(stream, True)
    events.until(lambda name, data: name == "stream" and data["state"] == "waiting")
    sluice.request("DELETE", f"/api/streams/{stream}")
    _, gone = events.until(lambda name, data: name == "deleted")
    assert gone == {"kind": "stream", "id": stream}
    source = sluice.request("POST", "/api/sources", {"app": "guests", "key": "g"}).body["id"]
    _, told = events.until(lambda name, data: name == "source" and data["id"] == source)
    assert (told["name"], told["state"]) == ("guests", "absent")
    publisher = wire.Publisher(sluice.rtmp_port, "guests", "g")
    assert publisher.accepted
    events.until(lambda name, data: name == "source" and data["state"] == "publishing")
    publisher.stop()
    events.until(lambda name, data: name == "source" and data["state"] == "absent")
    sluice.request("DELETE", f"/api/sources/{source}")
    _, gone = events.until(lambda name, data: name == "deleted")
    assert gone == {"kind": "source", "id": source}


def test_a_publisher_that_was_turned_away_is_told_and_listed(sluice, cleanup):
    events = Events(sluice, cleanup)
    assert not wire.Publisher(sluice.rtmp_port, "nowhere", "k").accepted
    _, told = events.until(lambda name, data: name == "refused")
    assert (told["app"], told["key"]) == ("nowhere", "k")
    assert sluice.get("/api/refused") == [told]
    sluice.request("POST", "/api/sources", {"app": "nowhere", "key": "k"})
    assert sluice.get("/api/refused") == []


def test_a_reader_of_events_that_never_reads_harms_nobody(sluice):
    with socket.create_connection(("127.0.0.1", sluice.http_port)) as idle:
        idle.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{sluice.http_port}\r\n\r\n".encode())
        stream = sluice.add_stream(SERVER, enabled=False)["id"]
        for number in range(2000):
            sluice.put(stream, name=f"name {number}" * 20)
        assert sluice.request("GET", "/api/health").status == 200


def test_switching_on_answers_once_the_relay_runs(sluice):
    stream = sluice.add_stream(SERVER, enabled=False)["id"]
    shown = sluice.switch(stream, True)
    assert shown["enabled"] is True
    assert shown["pid"] is not None and shown["state"] != "off"
    wait_until(lambda: sluice.switch(stream, True)["pid"] == shown["pid"], "the same relay")
