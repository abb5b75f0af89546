"""The catalogue of platforms: that the file, its schema, docs/openapi.yaml (which judges every answer) and the reader in
sluiced agree, and that it can be replaced without a new build."""

import copy
import json
import pathlib

import jsonschema
import pytest
from processes import Cleanup
from sluice import Sluice

FOLDER = pathlib.Path(__file__).parents[2] / "platforms"
SHIPPED = json.loads((FOLDER / "platforms.json").read_text())
SCHEMA = json.loads((FOLDER / "platforms.schema.json").read_text())

# The platforms that people were promised, in the order that they are offered in.
FIRST = ["facebook", "tiktok", "youtube", "twitch", "onestream"]


def fits_the_schema(catalogue):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(catalogue)


def changed(path, value):
    """The shipped catalogue with one value changed; `path` leads to it from the first platform. None: taken away."""
    catalogue = copy.deepcopy(SHIPPED)
    node = catalogue["platforms"][0]
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return catalogue


@pytest.fixture(scope="module")
def one_sluice(tmp_path_factory):
    actions = Cleanup()
    yield Sluice(tmp_path_factory.mktemp("sluice"), actions).start()
    actions.run()


def test_the_shipped_file_fits_its_schema_and_is_what_is_served(sluice):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(SHIPPED)
    assert sluice.get("/api/platforms") == {"from": "built_in", "problem": None, "platforms": SHIPPED["platforms"]}
    ids = [platform["id"] for platform in SHIPPED["platforms"]]
    assert ids[: len(FIRST)] == FIRST
    assert len(set(ids)) == len(ids)


def test_what_a_platform_wants_is_consistent():
    for platform in SHIPPED["platforms"]:
        name = platform["id"]
        if platform["rtmps"] == "required":
            assert all(s["url"].startswith("rtmps:") for s in platform["servers"] + platform["backup_servers"]), name
        assert not (platform["session_server"] and platform["servers"]), name
        rows = [(r["max_height"] or 10**6, r["max_fps"] or 10**6, r["kbps"]) for r in platform["video"]["max_kbps"]]
        assert rows == sorted(rows), name
        advised, most = platform["video"]["key_frame_advised_s"], platform["video"]["key_frame_max_s"]
        assert advised is None or most is None or advised <= most, name


def test_french_words_have_french_spaces_and_apostrophes():
    def words(node):
        if isinstance(node, dict):
            if "fr" in node:
                yield node["fr"]
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                yield from words(each)

    for text in words(SHIPPED):
        assert "'" not in text, text
        assert not any(f" {mark}" in text for mark in ":;?!»") and "« " not in text, text


def test_a_file_in_the_data_directory_replaces_it_while_sluiced_runs(sluice):
    stream = sluice.add_stream("rtmp://127.0.0.1:1/live", enabled=False, platform="mine")
    file = sluice.data / "platforms.json"
    mine = {**SHIPPED, "platforms": [{**SHIPPED["platforms"][0], "id": "mine", "name": "Ma plateforme"}]}
    file.write_text(json.dumps(mine))
    assert sluice.get("/api/platforms") == {"from": "file", "problem": None, "platforms": mine["platforms"]}

    file.write_text(json.dumps(mine)[:-1])
    answer = sluice.get("/api/platforms")
    # One that is being saved changes no show: what counted goes on counting.
    assert answer["from"] == "file" and answer["platforms"] == mine["platforms"]
    assert "not valid JSON at line 1" in answer["problem"]
    assert any("not valid JSON at line 1" in log for log in sluice.logs().values())

    file.unlink()
    assert sluice.get("/api/platforms") == {"from": "built_in", "problem": None, "platforms": SHIPPED["platforms"]}
    assert sluice.stream(stream["id"])["platform"] == "mine"  # it needs no catalogue


@pytest.mark.parametrize(
    "path, value, place",
    [
        (["id"], "Facebook", "platforms[0].id"), (["id"], "custom", "platforms[0].id"),
        (["id"], "x" * 65, "platforms[0].id"), (["name"], "", "platforms[0].name"),
        (["rtmps"], "sometimes", "platforms[0].rtmps"), (["session_server"], 1, "platforms[0].session_server"),
        (["servers"], {}, "platforms[0].servers"), (["servers", 0, "url"], "http://x/y", "platforms[0].servers[0].url"),
        (["servers", 0, "url"], "rtmp://host", "platforms[0].servers[0].url"),
        (["servers", 0, "url"], "rtmp://host/a b", "platforms[0].servers[0].url"),
        (["servers", 0, "colour"], "blue", "platforms[0].servers[0].colour"),
        (["server_form"], "https://x", "platforms[0].server_form"),
        (["video", "codecs"], ["h265"], "platforms[0].video.codecs[0]"),
        (["video", "codecs"], [], "platforms[0].video.codecs"),
        (["video", "max_kbps", 1, "kbps"], 0, "platforms[0].video.max_kbps[1].kbps"),
        (["video", "max_kbps", 1, "max_fps"], 29.97, "platforms[0].video.max_kbps[1].max_fps"),
        (["video", "key_frame_max_s"], 61, "platforms[0].video.key_frame_max_s"),
        (["video", "b_frames"], None, "platforms[0].video.b_frames"),
        (["audio", "sample_rates"], [44], "platforms[0].audio.sample_rates[0]"),
        (["audio", "required"], "yes", "platforms[0].audio.required"), (["max_hours"], 0, "platforms[0].max_hours"),
        (["key", "fr"], None, "platforms[0].key.fr"), (["key", "de"], "Schlüssel", "platforms[0].key.de"),
        (["notes"], [{"en": "x"}], "platforms[0].notes[0].fr"),
        (["links", 0, "url"], "http://example.com", "platforms[0].links[0].url"),
        (["links", 0, "url"], "https:///x", "platforms[0].links[0].url"), (["more"], 1, "platforms[0].more"),
    ],
)  # fmt: skip
def test_schema_and_reader_refuse_the_same(path, value, place, one_sluice):
    catalogue = changed(path, value)
    assert not fits_the_schema(catalogue)
    (one_sluice.data / "platforms.json").write_text(json.dumps(catalogue))
    answer = one_sluice.get("/api/platforms")
    assert answer["platforms"] != catalogue["platforms"]
    assert f": {place} " in answer["problem"]


@pytest.mark.parametrize(
    "path, value",
    [
        (["server_form"], "rtmp://….example/…"), (["video", "key_frame_max_s"], 0.5), (["max_hours"], 1.5),
        (["servers", 0, "url"], "rtmp://[::1]:1935/two/parts?and=query"), (["notes"], []), (["servers"], []),
        (["name"], "é" * 64), (["links", 0, "url"], "https://example.com"), (["audio", "codecs"], ["aac", "opus"]),
    ],
)  # fmt: skip
def test_schema_and_reader_take_the_same(path, value, one_sluice):
    catalogue = changed(path, value)
    assert fits_the_schema(catalogue)
    (one_sluice.data / "platforms.json").write_text(json.dumps(catalogue))
    answer = one_sluice.get("/api/platforms")
    assert answer == {"from": "file", "problem": None, "platforms": catalogue["platforms"]}
