# label: full
"""Everybody who publishes: ffmpeg, GStreamer with both of its RTMP elements, another nginx-rtmp. When they have
finished, nothing more is sent (hold_s 0)."""

import compare
import media
import publishers
import pytest
from processes import wait_until


def everything_arrived(one, published, kind="video"):
    last = compare.frames(published, kind)[-1].hash
    return wait_until(
        lambda: (lambda s: s if s and any(p.hash == last for p in s.packets) else None)(one.last()),
        f"the last {kind} packet has arrived",
        15,
    )


@pytest.mark.parametrize("publisher", [publishers.ffmpeg, publishers.rtmp2sink, publishers.rtmpsink])
def test_publisher_is_relayed_packet_by_packet(publisher, sluice, platform, short_film, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url, key="k", hold_s=0)
    publisher(short_film, sluice.rtmp, tmp_path, cleanup).finish()
    published = media.packets(short_film)
    session = everything_arrived(one, published)
    # GStreamer's muxer rounds times and begins at its own zero: only ffmpeg keeps the film's clock.
    same_clock = publisher is publishers.ffmpeg
    compare.assert_relayed(published, session.packets, to_the_end=False, same_clock=same_clock)


def test_pictures_out_of_order_keep_their_order_and_offsets(sluice, platform, tmp_path, cleanup):
    film = media.film(seconds=8, b_frames=2)
    one = platform()
    sluice.add_stream(one.url, key="k", hold_s=0)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup).finish()
    published = media.packets(film)
    compare.assert_relayed(published, everything_arrived(one, published).packets)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_whether_there_are_b_frames_is_shown(b_frames, sluice, tmp_path, cleanup):
    film = media.film(seconds=8, b_frames=b_frames)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    video = wait_until(
        lambda: (lambda v: v if v and v["b_frames"] is not None else None)(sluice.source()["video"]),
        "it is known whether there are B-frames",
    )
    assert video["b_frames"] is (b_frames > 0)


def test_nginx_that_pushes_to_us_is_relayed(sluice, platform, nginx_server, short_film, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url, key="k", hold_s=0)
    nginx = nginx_server(push=sluice.rtmp)
    # nginx-rtmp pushes under the name it was published with; ours is the empty one.
    publishers.ffmpeg(short_film, nginx.url, tmp_path, cleanup).finish()
    published = media.packets(short_film)
    session = everything_arrived(one, published)
    compare.assert_relayed(published, session.packets, to_the_end=False)


def test_an_extended_timestamp_is_understood(sluice, platform, short_film, tmp_path, cleanup):
    """16800 s into a show the time no longer fits into 24 bits."""
    one = platform()
    sluice.add_stream(one.url, key="k", hold_s=0)
    arguments = ["ffmpeg", "-nostdin", "-v", "warning", "-re", "-t", "4", "-i", short_film, "-c", "copy"]
    arguments += ["-output_ts_offset", "16800", "-f", "flv", sluice.rtmp]
    publishers.Publisher(arguments, tmp_path / "ffmpeg.log", cleanup).finish()
    published = [p for p in media.packets(short_film) if p.timestamp < 3_800]
    everything_arrived(one, published)
    session = one.last()
    compare.assert_relayed(media.packets(short_film), session.packets, to_the_end=False)


def test_another_source_has_its_own_key_and_platforms(sluice, platform, short_film, tmp_path, cleanup):
    answer = sluice.request("POST", "/api/sources", {"name": "Guest", "app": "guests", "key": "let me/in?x=1"})
    assert answer.status == 201, answer
    source = answer.body["id"]
    guest, host = platform(), platform()
    sluice.add_stream(guest.url, source=source)
    host_stream = sluice.add_stream(host.url)["id"]
    url = f"rtmp://127.0.0.1:{sluice.rtmp_port}/guests"
    arguments = ["ffmpeg", "-nostdin", "-v", "warning", "-re", "-t", "2", "-i", short_film, "-c", "copy", "-f", "flv"]
    arguments += ["-rtmp_app", "guests", "-rtmp_playpath", "let me/in?x=1", url]
    publishers.Publisher(arguments, tmp_path / "ffmpeg.log", cleanup)
    guest.wait_for_media(count=30)
    assert sluice.source(source)["state"] == "publishing"
    assert sluice.stream(host_stream)["state"] == "waiting"
    assert host.last() is None


def test_an_unknown_key_is_refused_and_offered(sluice, short_film, tmp_path, cleanup):
    publisher = publishers.ffmpeg(short_film, f"{sluice.rtmp}/not-a-known-key", tmp_path, cleanup)
    assert publisher.process.wait(10) != 0
    offered = wait_until(lambda: sluice.get("/api/refused"), "the refused publish is offered")
    assert [(one["app"], one["key"]) for one in offered] == [("live", "not-a-known-key")]
    assert sluice.source()["state"] == "absent"


def test_an_offered_publish_can_be_added_and_is_then_accepted(sluice, short_film, tmp_path, cleanup):
    url = f"{sluice.rtmp}/guest"
    assert publishers.ffmpeg(short_film, url, tmp_path, cleanup).process.wait(10) != 0
    offer = wait_until(lambda: sluice.get("/api/refused"), "the refused publish is offered")[0]
    answer = sluice.request("POST", "/api/sources", {"name": "Guest", "app": offer["app"], "key": offer["key"]})
    assert answer.status == 201, answer
    publishers.ffmpeg(short_film, url, tmp_path, cleanup)
    sluice.wait_for_publisher(answer.body["id"])
    wait_until(lambda: sluice.get("/api/refused") == [], "the offer has gone")
