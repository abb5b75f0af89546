// The catalogue of platforms: the one that is built in, the one that replaces it, and what is said of a wrong
// one.
#include "manager/platforms.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "manager/platform_reader.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

const Json& built_in() {
  static const Json json = Json::parse(built_in_platforms());
  return json;
}

const Json* platform_of(const Json& platforms, std::string_view id) {
  for (const Json& platform : platforms) {
    if (platform["id"] == id) return &platform;
  }
  return nullptr;
}

// What the reader says of the built-in catalogue after `change`.
std::string said_of(const std::function<void(Json& catalogue)>& change) {
  Json catalogue = built_in();
  change(catalogue);
  const auto read = read_platforms(catalogue.dump());
  return read ? "nothing" : read.error();
}

TEST(PlatformReader, the_built_in_catalogue_is_a_good_one) {
  const auto platforms = read_platforms(built_in_platforms());
  ASSERT_TRUE(platforms) << platforms.error();
  EXPECT_EQ(*platforms, built_in()["platforms"]);
  for (const char* id : {"facebook", "tiktok", "youtube", "twitch", "onestream", "kick", "telegram"}) {
    EXPECT_NE(platform_of(*platforms, id), nullptr) << id;
  }
}

TEST(PlatformReader, what_is_no_json_is_told_with_its_line) {
  EXPECT_EQ(read_platforms("").error(), "it is not valid JSON at line 1, byte 1");
  EXPECT_EQ(read_platforms("{\n  \"platforms\": [,]}").error(), "it is not valid JSON at line 2, byte 17");
  EXPECT_EQ(read_platforms("{\"a\": \"\xff\"}").error(), "it is not valid JSON at line 1, byte 8");
  EXPECT_EQ(read_platforms(std::string(kMaxPlatformsBytes, '[')).error().substr(0, 20),
            "it is not valid JSON");
  EXPECT_EQ(read_platforms(std::string(kMaxPlatformsBytes + 1, ' ')).error(), "it is larger than 1 MiB");
}

TEST(PlatformReader, a_million_brackets_are_refused_and_no_stack_is_lost) {
  const std::size_t half = kMaxPlatformsBytes / 2;
  EXPECT_EQ(read_platforms(std::string(half, '[') + std::string(half, ']')).error(),
            "the whole must be an object");
  const std::string deep =
      R"({"$schema": "s", "platforms": )" + std::string(half - 64, '[') + std::string(half - 64, ']') + "}";
  EXPECT_EQ(read_platforms(deep).error(), "platforms[0] must be an object");
}

TEST(PlatformReader, each_fault_is_told_with_its_place_and_what_is_expected) {
  const auto first = [](Json& catalogue) -> Json& { return catalogue["platforms"][0]; };
  const struct {
    std::function<void(Json&)> change;
    const char* said;
  } faults[] = {
      {[](Json& c) { c = Json::array(); }, "the whole must be an object"},
      {[](Json& c) { c.erase("$schema"); }, "$schema is missing"},
      {[](Json& c) { c["more"] = 1; }, "more is no field of a catalogue"},
      {[](Json& c) { c["platforms"] = Json::array(); }, "platforms must be a list of 1 to 256 entries"},
      {[](Json& c) { c["platforms"] = Json::array({3}); }, "platforms[0] must be an object"},
      {[&](Json& c) { first(c)["id"] = "Face book"; },
       "platforms[0].id must be 1 to 64 small letters, digits, hyphens and underscores"},
      {[&](Json& c) { first(c)["id"] = "custom"; },
       "platforms[0].id must be another name than “custom”, which is any other server"},
      {[](Json& c) { c["platforms"][3]["id"] = "facebook"; },
       "platforms[3].id must be another one: “facebook” is there already"},
      {[&](Json& c) { first(c)["name"] = ""; },
       "platforms[0].name must be a text of 1 to 64 characters (platform “facebook”)"},
      {[&](Json& c) { first(c).erase("rtmps"); }, "platforms[0].rtmps is missing (platform “facebook”)"},
      {[&](Json& c) { first(c)["rtmps"] = "yes"; },
       "platforms[0].rtmps must be one of “required”, “optional”, “unknown” (platform “facebook”)"},
      {[&](Json& c) { first(c)["servers"][1]["url"] = "https://example.com/app"; },
       "platforms[0].servers[1].url must be an address that begins with rtmp:// or rtmps:// (platform "
       "“facebook”)"},
      {[&](Json& c) { first(c)["server_form"] = 5; },
       "platforms[0].server_form must be a text without spaces that begins with rtmp:// or rtmps://, or null "
       "(platform “facebook”)"},
      {[&](Json& c) { first(c)["video"]["max_kbps"][0]["kbps"] = -1; },
       "platforms[0].video.max_kbps[0].kbps must be a whole number from 1 to 1000000 (platform “facebook”)"},
      {[&](Json& c) { first(c)["video"]["max_kbps"][0]["max_fps"] = 29.97; },
       "platforms[0].video.max_kbps[0].max_fps must be a whole number from 1 to 1000, or null "
       "(platform “facebook”)"},
      {[&](Json& c) { first(c)["video"]["key_frame_max_s"] = 0; },
       "platforms[0].video.key_frame_max_s must be a number from 0.1 to 60, or null (platform “facebook”)"},
      {[&](Json& c) { first(c)["video"]["b_frames"] = nullptr; },
       "platforms[0].video.b_frames must be true or false (platform “facebook”)"},
      {[&](Json& c) { first(c)["video"]["colour"] = "green"; },
       "platforms[0].video.colour is no field of a catalogue (platform “facebook”)"},
      {[&](Json& c) { first(c)["audio"]["codecs"] = Json::array(); },
       "platforms[0].audio.codecs must be a list of 1 to 8 entries (platform “facebook”)"},
      {[&](Json& c) { first(c)["max_hours"] = "8"; },
       "platforms[0].max_hours must be a number from 1 to 1000, or null (platform “facebook”)"},
      {[&](Json& c) { first(c)["key"].erase("fr"); }, "platforms[0].key.fr is missing (platform “facebook”)"},
      {[&](Json& c) { first(c)["links"][0]["url"] = "javascript:alert(1)"; },
       "platforms[0].links[0].url must be an address without spaces that begins with https:// "
       "(platform “facebook”)"},
  };
  for (const auto& [change, said] : faults) EXPECT_EQ(said_of(change), said);
}

TEST(PlatformReader, a_server_is_one_that_a_stream_could_have) {
  const auto with_server = [](const char* url) {
    return said_of([url](Json& c) { c["platforms"][0]["servers"][0]["url"] = url; });
  };
  EXPECT_EQ(with_server("rtmp://host/two/parts?and=query"), "nothing");
  for (const char* url : {"rtmp://host", "rtmp://host/", "rtmp:///app", "rtmp://user:word@host/app",
                          "rtmp://host/with space", "rtmp://host:99999/app"}) {
    EXPECT_NE(with_server(url), "nothing") << url;
  }
}

TEST(PlatformReader, no_value_can_be_missing_or_of_another_kind) {
  Json small = built_in();
  small["platforms"] = Json::array({*platform_of(built_in()["platforms"], "youtube")});
  ASSERT_TRUE(read_platforms(small.dump()));
  for (const auto& [place, value] : small.flatten().items()) {
    Json wrong = small;
    wrong[Json::json_pointer(place)] = Json::object({{"x", 1}});
    EXPECT_FALSE(read_platforms(wrong.dump())) << place;
    wrong[Json::json_pointer(place)] = Json::array({Json::array()});
    EXPECT_FALSE(read_platforms(wrong.dump())) << place;
    if (value.is_null()) continue;
    wrong[Json::json_pointer(place)] = value.is_boolean() ? Json("true") : Json(true);
    EXPECT_FALSE(read_platforms(wrong.dump())) << place;
  }
}

TEST(PlatformReader, a_file_that_was_cut_off_is_refused_wherever_it_was) {
  const std::string_view whole = built_in_platforms().substr(0, built_in_platforms().rfind('}') + 1);
  for (std::size_t size = 0; size < whole.size(); size += 101)
    EXPECT_FALSE(read_platforms(whole.substr(0, size)));
  EXPECT_FALSE(read_platforms(whole.substr(0, whole.size() - 1)));
}

TEST(PlatformReader, an_unknown_fields_long_name_is_cut) {
  const std::string said = said_of([](Json& c) { c[std::string(100'000, 'x')] = 1; });
  EXPECT_LT(said.size(), 200U);
}

class PlatformsTest : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  static std::string with_first(const std::string& id, bool needs_sound) {
    Json catalogue = built_in();
    catalogue["platforms"][0]["id"] = id;
    catalogue["platforms"][0]["audio"]["required"] = needs_sound;
    return catalogue.dump();
  }

  TempDirectory temp_;
  std::string path_ = temp_.path() + "/platforms.json";
};

TEST_F(PlatformsTest, without_a_file_the_built_in_ones_count) {
  Platforms platforms(path_);
  platforms.refresh();
  const Json view = platforms.view();
  EXPECT_EQ(view["from"], "built_in");
  EXPECT_TRUE(view["problem"].is_null());
  EXPECT_EQ(view["platforms"], built_in()["platforms"]);
  EXPECT_TRUE(platforms.needs_sound("facebook"));
  for (const char* id : {"custom", "youtube", "twitch", "tiktok", "vk", "facebook2", ""}) {
    EXPECT_FALSE(platforms.needs_sound(id)) << id;
  }
}

TEST_F(PlatformsTest, a_file_replaces_them_whole_from_its_next_look_on) {
  Platforms platforms(path_);
  write(with_first("mine", true));
  EXPECT_FALSE(platforms.needs_sound("mine"));
  platforms.refresh();
  EXPECT_EQ(platforms.view()["from"], "file");
  EXPECT_TRUE(platforms.view()["problem"].is_null());
  EXPECT_TRUE(platforms.needs_sound("mine"));
  EXPECT_FALSE(platforms.needs_sound("facebook"));

  write(with_first("mine", false));
  platforms.refresh();
  EXPECT_FALSE(platforms.needs_sound("mine"));

  std::filesystem::remove(path_);
  platforms.refresh();
  EXPECT_EQ(platforms.view()["from"], "built_in");
  EXPECT_TRUE(platforms.needs_sound("facebook"));
}

TEST_F(PlatformsTest, a_file_that_is_there_at_the_start_counts_at_once) {
  write(with_first("mine", true));
  EXPECT_TRUE(Platforms(path_).needs_sound("mine"));
}

TEST_F(PlatformsTest, a_wrong_file_is_told_and_the_built_in_ones_count) {
  write("{\"platforms\": 3}");
  Platforms platforms(path_);
  const Json view = platforms.view();
  EXPECT_EQ(view["from"], "built_in");
  EXPECT_EQ(
      view["problem"],
      "The file platforms.json in the data directory is not used, the built-in catalogue is: $schema is "
      "missing.");
  EXPECT_EQ(view["platforms"], built_in()["platforms"]);
  EXPECT_TRUE(platforms.needs_sound("facebook"));

  write(with_first("mine", true));
  platforms.refresh();
  EXPECT_EQ(platforms.view()["from"], "file");
  EXPECT_TRUE(platforms.view()["problem"].is_null());
}

TEST_F(PlatformsTest, a_file_that_is_half_saved_took_the_sound_from_a_live_show) {
  write(with_first("mine", true));
  Platforms platforms(path_);
  const std::string whole = with_first("mine", true);
  write(whole.substr(0, whole.size() / 2));
  platforms.refresh();
  EXPECT_TRUE(platforms.needs_sound("mine"));
  EXPECT_EQ(platforms.view()["from"], "file");
  EXPECT_NE(platforms.view()["problem"].get<std::string>().find("what it was before is"), std::string::npos);
}

TEST_F(PlatformsTest, what_cannot_be_read_as_a_file_is_told_and_never_waited_for) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  Platforms platforms(path_);
  EXPECT_NE(platforms.view()["problem"].get<std::string>().find("it is not a file"), std::string::npos);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  platforms.refresh();
  EXPECT_NE(platforms.view()["problem"].get<std::string>().find("it is not a file"), std::string::npos);
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(path_, path_);
  platforms.refresh();
  EXPECT_NE(platforms.view()["problem"].get<std::string>().find("it cannot be read: "), std::string::npos);
  EXPECT_EQ(platforms.view()["from"], "built_in");
}

TEST_F(PlatformsTest, a_file_of_one_mebibyte_is_read_and_a_larger_one_is_not) {
  std::string text = with_first("mine", true);
  text.resize(kMaxPlatformsBytes, ' ');
  write(text);
  Platforms platforms(path_);
  EXPECT_EQ(platforms.view()["from"], "file");
  write(text + " ");
  platforms.refresh();
  EXPECT_EQ(platforms.view()["problem"],
            "The file platforms.json in the data directory is not used, what it was before is: it is larger "
            "than 1 MiB.");
}

}  // namespace
}  // namespace sluice::manager
