# label: full
"""Testing a server before a show: each step is told, and nothing is published there."""

import concurrent.futures
import json
import pathlib
import socket
import subprocess

import certificates
import pytest
import wire
from processes import BIN, arguments_of, free_port, wait_until


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp("probe") / "authority")


def probe(sluice, server, **fields):
    answer = sluice.request("POST", "/api/probe", {"server": server, **fields}, timeout=20)
    assert answer.status == 200, answer
    steps = answer.body["steps"]
    assert answer.body["ok"] == all(step["ok"] for step in steps)
    assert all(step["ok"] for step in steps[:-1])
    assert not sluice.children("sluice-relay")
    return steps


def failed_with(steps):
    assert not steps[-1]["ok"] and steps[-1]["reason"]["text"].endswith(".")
    return steps[-1]["step"], steps[-1]["reason"]["code"]


def events_of(one):
    """Of all connections, also those that never came as far as publishing."""
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in one.journals.glob("*.jsonl")]


def test_a_platform_is_reached_and_sees_a_caller_that_publishes_nothing(sluice, platform):
    one = platform()
    steps = probe(sluice, one.url)
    assert [step["step"] for step in steps] == ["name", "tcp", "rtmp"]
    assert [step["ok"] for step in steps] == [True] * 3
    assert [step["detail"] for step in steps[:2]] == ["127.0.0.1", f"127.0.0.1:{one.port}"]
    assert all(step["reason"] is None and 0 <= step["ms"] < 10_000 for step in steps)
    [events] = wait_until(lambda: [e for e in events_of(one) if e[-1]["event"] == "closed"], "the caller has left")
    assert [event["event"] for event in events] == ["accepted", "closed"]
    assert events[-1]["how"] == "fin"


def test_the_server_is_told_what_a_stream_tells_it_up_to_connect(sluice, bad_platform):
    commands = []
    one = bad_platform(wire.taking_only("avc1", commands=commands))
    steps = probe(sluice, f"{one.url}2?a=b")
    assert steps[-1]["ok"] and steps[-1]["detail"] == "test"
    wait_until(lambda: one.callers == 1 and commands, "the platform was called")
    [connect] = commands
    assert connect[2] == {
        "app": "live2?a=b", "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; FMSc/1.0)",
        "swfUrl": f"{one.url}2?a=b", "tcUrl": f"{one.url}2?a=b",
    }  # fmt: skip


def test_nginx_says_what_it_is(sluice, nginx_server):
    one = nginx_server()
    assert probe(sluice, one.url)[-1]["detail"].startswith("FMS/")
    assert one.files() == []


def test_a_name_is_told_with_its_addresses(sluice, platform):
    steps = probe(sluice, f"rtmp://localhost:{platform().port}/live")
    assert "127.0.0.1" in steps[0]["detail"].split(", ")
    assert steps[-1]["ok"]


def test_a_certificate_is_verified_with_the_authority_given_or_the_streams(authority, platform, sluice, tmp_path, cleanup):
    one = platform()
    tunnel = certificates.Stunnel(
        tmp_path / "stunnel", cleanup, authority.certificate("right", "127.0.0.1"), one.port
    )
    untrusted = probe(sluice, tunnel.url)
    assert failed_with(untrusted) == ("tls", "tls_untrusted")
    assert [step["step"] for step in untrusted] == ["name", "tcp", "tls"]

    steps = probe(sluice, tunnel.url, tls_ca=authority.pem)
    assert [step["step"] for step in steps] == ["name", "tcp", "tls", "rtmp"]
    assert steps[2]["detail"] == "TLSv1.3" and steps[3]["ok"]

    stream = sluice.add_stream(tunnel.url, enabled=False, tls_ca=authority.pem)["id"]
    assert probe(sluice, tunnel.url, stream=stream)[-1]["ok"]
    assert failed_with(probe(sluice, tunnel.url, stream=stream, tls_ca="")) == ("tls", "tls_untrusted")
    assert one.sessions() == []


@pytest.mark.parametrize(
    "behaviour, codes",
    [
        (wire.garbage, {"platform_garbage"}),
        (wire.garbage_after_handshake, {"platform_garbage"}),
        (wire.closing, {"handshake_failed"}),
        (wire.rejecting_connect, {"connect_rejected"}),
    ],
    ids=["garbage", "garbage later", "closing", "rejecting connect"],
)
def test_what_a_bad_platform_does_is_told_as_for_a_stream(behaviour, codes, sluice, bad_platform):
    step, code = failed_with(probe(sluice, bad_platform(behaviour).url))
    assert step == "rtmp" and code in codes


def test_what_cannot_be_reached_is_told_with_the_step(sluice, platform):
    port = free_port()
    steps = probe(sluice, f"rtmp://127.0.0.1:{port}/live")
    assert failed_with(steps) == ("tcp", "unreachable")
    assert steps[-1]["detail"] == "Connection refused"
    assert failed_with(probe(sluice, "rtmp://no-such-host.invalid/live")) == ("name", "name_not_found")
    assert failed_with(probe(sluice, f"rtmps://127.0.0.1:{platform().port}/live")) == ("tls", "tls_failed")


def test_four_wait_for_silent_platforms_a_fifth_is_turned_away(sluice, bad_platform):
    silent = bad_platform(wire.silent)
    server = f"{silent.url}-canary"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        body = {"server": server}
        running = [pool.submit(sluice.request, "POST", "/api/probe", body, timeout=20) for _ in range(4)]
        wait_until(lambda: silent.callers == 4, "four are under way")
        processes = sluice.children("sluice-relay")
        assert len(processes) == 4
        for pid in processes:
            assert arguments_of(pid) == ["sluice-relay", "PROBE", ""]
            assert b"canary" not in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        fifth = sluice.request("POST", "/api/probe", body)
        assert fifth.status == 503 and fifth.body["detail"].endswith(".")
        for one in running:
            answer = one.result()
            assert answer.status == 200 and failed_with(answer.body["steps"]) == ("rtmp", "timeout")
    assert not sluice.children("sluice-relay")
    assert failed_with(probe(sluice, f"rtmp://127.0.0.1:{free_port()}/live")) == ("tcp", "unreachable")
    assert not any("canary" in text for text in sluice.logs().values())


@pytest.mark.parametrize("end", ["terminate", "kill", "leave"])
def test_a_test_ends_with_its_manager_and_the_next_one_knows_nothing_of_it(end, sluice, bad_platform):
    silent = bad_platform(wire.silent)
    body = json.dumps({"server": silent.url}).encode()
    # A client that goes away at once: nobody waits for the answer.
    with socket.create_connection(("127.0.0.1", sluice.http_port)) as caller:
        head = f"POST /api/probe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        caller.sendall(head.encode() + body)
    wait_until(lambda: silent.callers == 1, "the test is under way")
    assert len(sluice.children("sluice-relay")) == 1
    getattr(sluice, end)()
    wait_until(lambda: not sluice.children("sluice-relay"), "the test has ended with its manager")
    sluice.start()
    assert sluice.get("/api/streams") == []


def test_the_command_line_shows_each_step(sluice, platform):
    one = platform()
    stream = sluice.add_stream(one.url, enabled=False)["id"]

    def run(*arguments, language="C"):
        url = f"http://127.0.0.1:{sluice.http_port}"
        return subprocess.run(
            [BIN / "sluice", "--url", url, "test", *map(str, arguments)], capture_output=True, text=True, timeout=30,
            env={"LC_ALL": language},
        )  # fmt: skip

    good = run(stream)
    assert good.returncode == 0, good.stderr
    assert [line.split(" (")[0] for line in good.stdout.splitlines()][:2] == [
        "✓ Name: 127.0.0.1", f"✓ Connection: 127.0.0.1:{one.port}"
    ]  # fmt: skip
    bad = run("--server", f"rtmp://127.0.0.1:{free_port()}/live", language="fr_FR.UTF-8")
    assert bad.returncode == 1
    assert bad.stdout.splitlines()[0].startswith("✓ Nom: ")
    assert bad.stdout.splitlines()[1].startswith("✗ Connexion: ")
    assert "le test a échoué" in bad.stderr
