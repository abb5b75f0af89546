# label: full
"""The README's first command, as a person types it."""

import os
import pathlib
import re
import signal
import subprocess
import urllib.request

import pytest
from processes import BIN, Process, is_running, wait_until

ROOT = pathlib.Path(__file__).parents[2]
PLATFORM_LIVE = re.compile(r"^  (\w+ platform) +live +[1-9]\d* pictures/s, [1-9]\d* sound packets/s", re.MULTILINE)

pytestmark = pytest.mark.skipif(
    BIN.resolve() != ROOT / "build" / "release" / "bin", reason="scripts/run runs the release build, not this one"
)


@pytest.fixture(scope="module", autouse=True)
def built():
    """scripts/run builds as well. What is left to do, as after a commit, is done here: not while a test waits."""
    subprocess.run([ROOT / "scripts" / "build", "release"], check=True, capture_output=True, timeout=240)


class Terminal:
    """scripts/run in a process group of its own, as a shell would start it."""

    def __init__(self, sluice, *options, **popen):
        sluice.directory.mkdir(parents=True, exist_ok=True)
        self.process = Process([ROOT / "scripts" / "run", *options], sluice.directory / "sluiced-run.log", **popen)
        sluice.process = self.process  # the fixture ends it, should the test fail

    def said(self):
        return self.process.log()

    def wait_for(self, sign, timeout=90.0):
        wait_until(lambda: sign(self.said()) or not self.process.running(), "scripts/run gets that far", timeout)
        assert self.process.running(), self.said()
        return self.said()

    def press_ctrl_c(self):
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(15)


def addresses_of(sluice):
    return [
        "--data-dir", sluice.data,
        "--rtmp-listen", f"127.0.0.1:{sluice.rtmp_port}", "--http-listen", f"127.0.0.1:{sluice.http_port}",
    ]  # fmt: skip


def running(said):
    return "Ctrl-C ends" in said


def descendants(pid):
    """All processes that come from `pid`, whatever session they are in."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, left = [], [pid]
    while left:
        found += children.get(left[0], [])
        left += children.get(left.pop(0), [])
    return found


def test_run_says_what_obs_needs_and_ends_at_ctrl_c(new_sluice):
    sluice = new_sluice()
    terminal = Terminal(sluice, *addresses_of(sluice))
    said = terminal.wait_for(running)
    assert re.search(rf"Server +rtmp://127\.0\.0\.1:{sluice.rtmp_port}/live ", said)
    assert f"  http://127.0.0.1:{sluice.http_port}/\n" in said
    assert f"is kept in {sluice.data}.\n" in said
    assert sluice.get("/api/health") == {"status": "ok"}
    everybody = sluice.processes()
    assert len(everybody) == 2, everybody
    assert terminal.press_ctrl_c() == 0
    assert not any(is_running(pid) for pid in everybody)


def test_run_takes_what_it_says_from_sluiced(new_sluice, tmp_path):
    """A configuration file, ports that the system chooses, JSON logs, the default data directory, no HOME."""
    sluice = new_sluice()
    configuration = tmp_path / "sluice.toml"
    configuration.write_text('rtmp-listen = "127.0.0.1:0"\nhttp-listen = "127.0.0.1:0"\nlog-format = "json"\n')
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    sluice.data = tmp_path / "state" / "sluice"
    terminal = Terminal(
        sluice, "--config", configuration, env={**environment, "XDG_STATE_HOME": str(tmp_path / "state")}
    )
    said = terminal.wait_for(running)
    assert f"is kept in {sluice.data}.\n" in said
    page = re.search(r"^ +(http://127\.0\.0\.1:[1-9]\d*)/$", said, re.MULTILINE)[1]
    with urllib.request.urlopen(f"{page}/api/info", timeout=10) as answer:
        rtmp_port = re.search(rb'"rtmp_port":(\d+)', answer.read())[1].decode()
    assert f"rtmp://127.0.0.1:{rtmp_port}/live " in said
    assert terminal.press_ctrl_c() == 0


def test_what_keeps_sluiced_from_starting_is_what_the_user_sees(sluice, new_sluice):
    other = new_sluice("other")
    other.http_port = sluice.http_port
    terminal = Terminal(other, *addresses_of(other))
    assert terminal.process.wait(90) == 3
    assert f"127.0.0.1:{sluice.http_port} is in use" in terminal.said()
    assert "is running" not in terminal.said()


def test_help_is_that_of_sluiced(new_sluice):
    terminal = Terminal(new_sluice(), "--help")
    assert terminal.process.wait(90) == 0
    wait_until(lambda: 'data-dir = "/var/lib/sluice"' in terminal.said(), "the help is shown")


def test_the_demo_shows_pictures_at_three_platforms_and_leaves_no_process(new_sluice):
    sluice = new_sluice()
    terminal = Terminal(sluice, "--demo", *addresses_of(sluice))
    terminal.wait_for(lambda said: len(set(PLATFORM_LIVE.findall(said))) == 3)
    assert [stream["state"] for stream in sluice.get("/api/streams")] == ["live"] * 3
    everybody = descendants(terminal.process.pid)
    # sluiced with ingest and three relays, three receivers, the picture
    assert len(everybody) == 9, everybody
    assert terminal.press_ctrl_c() == 0
    assert "ending the demo" in terminal.said()
    assert not any(is_running(pid) for pid in everybody)
    assert sluice.processes() == []


def test_a_demo_that_cannot_start_says_why_and_leaves_no_process(sluice, new_sluice):
    other = new_sluice("other")
    other.rtmp_port = sluice.rtmp_port
    terminal = Terminal(other, "--demo", *addresses_of(other))
    assert terminal.process.wait(90) == 3
    assert f"127.0.0.1:{sluice.rtmp_port} is in use" in terminal.said()
    assert other.processes() == []
