"""Playing from us, as people's old commands do: ffmpeg -i rtmp://localhost:1935/live -c copy …"""

import compare
import media
import network
import publishers
import pytest
import wire
from processes import Process


def play(sluice, path, log, cleanup, seconds=4):
    arguments = ["ffmpeg", "-nostdin", "-v", "warning", "-i", sluice.rtmp, "-t", str(seconds), "-c", "copy"]
    process = Process([*arguments, "-f", "flv", "-y", path], log)
    cleanup.add(process.stop)
    return process


def test_ffmpeg_plays_what_is_published(sluice, film, tmp_path, cleanup):
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    player = play(sluice, tmp_path / "played.flv", tmp_path / "player.log", cleanup)
    assert player.wait(30) == 0, player.log()
    published, played = media.packets(film), media.packets(tmp_path / "played.flv")
    compare.run_of(published, played, "video")
    compare.run_of(published, played, "audio")
    assert compare.frames(played, "video")[0].is_key


def test_two_players_and_a_platform_do_not_disturb_each_other(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    players = [play(sluice, tmp_path / f"{n}.flv", tmp_path / f"player-{n}.log", cleanup, 3) for n in (1, 2)]
    for number, player in enumerate(players, 1):
        assert player.wait(30) == 0, player.log()
        compare.run_of(media.packets(film), media.packets(tmp_path / f"{number}.flv"), "video")
    compare.assert_relayed(media.packets(film), one.last().packets, to_the_end=False)


@pytest.mark.parametrize("options, served", [([], False), (["--play-from", "anywhere"], True)])
def test_players_of_other_machines_are_served_only_when_allowed(options, served, new_sluice, film, tmp_path, cleanup):
    elsewhere = network.Namespace(cleanup)
    sluice = new_sluice()
    sluice.rtmp_host, sluice.options = "0.0.0.0", options
    sluice.start()
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup)
    sluice.wait_for_publisher()
    url = f"rtmp://{elsewhere.outer_address}:{sluice.rtmp_port}/live"
    player = Process(
        [*elsewhere.prefix, "ffmpeg", "-nostdin", "-v", "warning", "-i", url, "-t", "2", "-c", "copy",
         "-f", "flv", "-y", tmp_path / "played.flv"], tmp_path / "player.log",
    )  # fmt: skip
    cleanup.add(player.stop)
    assert (player.wait(30) == 0) == served, player.log()
    if served:
        compare.run_of(media.packets(film), media.packets(tmp_path / "played.flv"), "video")
    else:
        assert any("play refused: not from this machine" in text for text in sluice.logs().values())


def test_a_player_of_an_unknown_name_is_told_so(sluice):
    connection = wire.connect(sluice.rtmp_port)
    connection.command("createStream", 2, None)
    connection.receive_command("_result")
    connection.command("play", 3, None, "no such name", message_stream=1)
    status = connection.receive_command("onStatus")[3]
    assert status["level"] == "error"
    assert status["code"] == "NetStream.Play.StreamNotFound"


def test_a_player_that_stops_reading_holds_up_nobody(sluice, platform, film, tmp_path, cleanup):
    one = platform()
    sluice.add_stream(one.url)
    publishers.ffmpeg(film, sluice.rtmp, tmp_path, cleanup, seconds=10)
    sluice.wait_for_publisher()
    connection = wire.connect(sluice.rtmp_port)
    connection.command("createStream", 2, None)
    connection.receive_command("_result")
    connection.command("play", 3, None, "", message_stream=1)
    one.wait_for_media(count=300, timeout=20)
    compare.assert_relayed(media.packets(film), one.last().packets, to_the_end=False)
