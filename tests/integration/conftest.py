"""Fixtures of the scenarios. What a test starts is ended with it, whatever happened; when it failed, the logs
of all programs are part of its report."""

import pytest

import broadcast
import figures
import media
import nginx
import publishers
import sink
import sluice as sluice_module
import wire
from processes import Cleanup

LOG_TAIL = 6000


@pytest.fixture
def cleanup():
    actions = Cleanup()
    yield actions
    actions.run()


@pytest.fixture
def new_sluice(tmp_path, cleanup, request):
    """Makes a Sluice that is not yet started."""
    made = []

    def make(name="sluice"):
        made.append(sluice_module.Sluice(tmp_path / name, cleanup))
        return made[-1]

    request.node.sluices = made
    return make


@pytest.fixture
def sluice(new_sluice):
    return new_sluice().start()


@pytest.fixture
def platform(tmp_path, cleanup):
    """Starts an rtmp_sink."""
    count = 0

    def make(*options, **more):
        nonlocal count
        count += 1
        return sink.Sink(tmp_path / f"platform-{count}", cleanup, *options, **more)

    return make


@pytest.fixture
def publish(cleanup):
    """Starts an endless show at a Sluice."""
    return lambda to, **how: broadcast.Broadcast(to.rtmp_port, cleanup, **how)


@pytest.fixture
def figure(request):
    """Notes a figure for people to read: figure("relay killed to media again", "median 210 ms")."""
    return lambda name, value: figures.note(request.node.path.stem, name, value)


@pytest.fixture
def show_of(sluice, platform, film, tmp_path, cleanup):
    """Makes a show of `count` live streams. Returns (platforms, stream ids, publisher)."""

    def make(count):
        platforms = [platform() for _ in range(count)]
        ids = [sluice.add_stream(one.url, key="k")["id"] for one in platforms]
        publisher = publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
        for one, stream in zip(platforms, ids):
            one.wait_for_media(count=30)
            sluice.wait_for_state(stream, "live")
        return platforms, ids, publisher

    return make


@pytest.fixture
def nginx_server(tmp_path, cleanup):
    count = 0

    def make(**more):
        nonlocal count
        count += 1
        return nginx.Nginx(tmp_path / f"nginx-{count}", cleanup, **more)

    return make


@pytest.fixture
def bad_platform(cleanup):
    return lambda behaviour: wire.BadPlatform(cleanup, behaviour)


@pytest.fixture(scope="session")
def film():
    return media.film()


@pytest.fixture(scope="session")
def short_film():
    return media.film(seconds=8)


def pytest_terminal_summary(terminalreporter):
    if figures.noted:
        terminalreporter.section("figures")
        terminalreporter.write("\n".join(figures.noted) + "\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        sluices = [sluice for node in item.listchain() for sluice in getattr(node, "sluices", [])]
        for sluice in sluices:
            for path, text in sluice.logs().items():
                report.sections.append((f"log {path}", text[-LOG_TAIL:]))
