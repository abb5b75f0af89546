"""How a stream holds is said by a person and shown to one: while it holds, too."""

import datetime
import re
import subprocess

import publishers
import pytest
from processes import BIN, wait_until


@pytest.fixture
def holding(sluice, platform, film, tmp_path, cleanup):
    """A stream whose source broke off in the middle of the show. Returns (platform, what the API shows)."""
    one = platform()
    stream = sluice.add_stream(one.url, key="k", hold_s=1800)["id"]
    publisher = publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    one.wait_for_media(count=30)
    sluice.wait_for_state(stream, "live")
    publisher.kill()
    return one, sluice.wait_for_state(stream, "holding")


def until(stream):
    return datetime.datetime.fromisoformat(stream["hold_until"])


def command(sluice, *arguments, language="en_US.UTF-8"):
    url = f"http://127.0.0.1:{sluice.http_port}"
    done = subprocess.run(
        [BIN / "sluice", "--url", url, *map(str, arguments)], env={"LC_ALL": language},
        capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_longer_hold_is_allowed_while_it_lasts(sluice, holding):
    one, before = holding
    assert sluice.put(before["id"], hold_s=3600).status == 200
    later = until(before) + datetime.timedelta(seconds=1790)
    wait_until(lambda: until(sluice.stream(before["id"])) > later, "the end of the hold is half an hour later")
    after = sluice.stream(before["id"])
    assert (after["state"], after["pid"]) == ("holding", before["pid"])
    assert len(one.sessions()) == 1 and not one.last().over


def test_the_end_of_a_hold_is_shown_in_the_users_language(sluice, holding):
    _, stream = holding
    assert re.search(r"\(ends in (29:\d\d|30:00)\)\n", command(sluice, "status"))
    assert re.search(r"\(fin dans (29:\d\d|30:00)\)\n", command(sluice, "status", language="fr_CA.UTF-8"))


def test_a_shorter_hold_than_has_passed_ends_the_show_at_once(sluice, holding):
    one, stream = holding
    assert command(sluice, "set", stream["id"], "--hold", 1).startswith(f"stream {stream['id']} test: holds for 0:01")
    shown = sluice.wait_for_state(stream["id"], "waiting")
    assert (shown["reason"]["code"], shown["hold_until"], shown["pid"]) == ("hold_over", None, stream["pid"])
    assert "unpublish" in one.wait_for_end().names
