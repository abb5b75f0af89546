"""Publishing with a key that somebody is publishing with: the newcomer wins at once, unless two encoders fight. Relays
see a splice, platforms one session."""

import wire
from processes import wait_until

STUDIO, LAPTOP = "127.0.0.2", "127.0.0.3"


def wait_for_publisher_at(sluice, host):
    wait_until(lambda: (sluice.source()["address"] or "").startswith(host + ":"), f"{host} publishes")


def media_of(one):
    (session,) = one.sessions()
    return [packet for packet in session.packets if packet.kind != "data" and not packet.is_header]


def wait_for_more(one):
    seen = len(media_of(one))
    wait_until(lambda: len(media_of(one)) > seen + 60, "the show goes on at the platform", 20)


def assert_time_never_goes_back(packets):
    for kind in ("video", "audio"):
        times = [packet.timestamp for packet in packets if packet.kind == kind]
        assert times == sorted(times), kind


def test_two_encoders_that_fight_end_with_the_one_that_delivers(sluice, platform, publish):
    one = platform()
    sluice.add_stream(one.url)
    publish(sluice, host=STUDIO)
    one.wait_for_media(count=30)
    for host in (LAPTOP, STUDIO, LAPTOP):
        publish(sluice, host=host)
        wait_for_publisher_at(sluice, host)
        wait_for_more(one)
    assert sluice.source()["kept_out"] is None

    refused = wire.Publisher(sluice.rtmp_port, host=STUDIO)
    assert refused.status["code"] == "NetStream.Publish.BadName"
    kept_out = wait_until(lambda: sluice.source()["kept_out"], "it is told who is kept out")
    assert kept_out.startswith(STUDIO + ":")
    assert sluice.source()["address"].startswith(LAPTOP + ":")
    wait_for_more(one)

    # The same machine gets in at once: that is the encoder calling again.
    before = sluice.source()["address"]
    again = publish(sluice, host=LAPTOP)
    wait_until(lambda: sluice.source()["address"] != before, "the newest connection publishes")
    wait_for_more(one)
    again.mark()
    assert_time_never_goes_back(media_of(one))
    assert not one.last().over
    assert any("two encoders fight" in text for text in sluice.logs().values())


def test_who_stops_by_itself_leaves_the_source_to_the_other(sluice, publish):
    shows = []
    for host in (STUDIO, LAPTOP, STUDIO, LAPTOP):
        shows.append(publish(sluice, host=host))
        wait_for_publisher_at(sluice, host)
    assert not wire.Publisher(sluice.rtmp_port, host=STUDIO).accepted
    shows[-1].stop()
    publish(sluice, host=STUDIO).mark()
    wait_for_publisher_at(sluice, STUDIO)
    assert sluice.source()["kept_out"] is None
