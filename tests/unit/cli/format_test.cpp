// Tests of what `sluice` prints.
#include "cli/format.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr Language kEnglish = Language::kEnglish;
constexpr Language kFrench = Language::kFrench;
const WallTime kNow = parse_time("2026-11-23T20:00:00.000Z");

json stream(const char* state) {
  return {{"id", 3},
          {"name", "YouTube"},
          {"platform", "youtube"},
          {"state", state},
          {"reason", nullptr},
          {"since", "2026-11-23T19:47:55.000Z"},
          {"next_try_at", nullptr},
          {"stats",
           {{"sent_kbps", 6214},
            {"behind_ms", 12},
            {"dropped_video", 4},
            {"dropped_audio", 1},
            {"rtt_us", 23'400},
            {"retransmits", 7},
            {"reconnects", 2}}}};
}

json source(const char* state) {
  return {{"id", 1},
          {"name", "Main"},
          {"state", state},
          {"since", "2026-11-23T18:57:57.000Z"},
          {"video",
           {{"codec", "h264"}, {"width", 1920}, {"height", 1080}, {"frame_rate", 29.97}, {"kbps", 6200}}},
          {"audio", {{"codec", "aac"}, {"sample_rate", 44100}, {"kbps", 160}}}};
}

TEST(format, bit_rates_change_their_unit_at_one_megabit) {
  EXPECT_EQ(bitrate(0), "0 kbit/s");
  EXPECT_EQ(bitrate(999), "999 kbit/s");
  EXPECT_EQ(bitrate(1000), "1.0 Mbit/s");
  EXPECT_EQ(bitrate(6214), "6.2 Mbit/s");
}

TEST(format, durations_show_hours_only_when_there_are_some_and_are_never_negative) {
  EXPECT_EQ(duration(7s), "0:07");
  EXPECT_EQ(duration(725s), "12:05");
  EXPECT_EQ(duration(3723s), "1:02:03");
  EXPECT_EQ(duration(-5s), "0:00");
}

TEST(format, times_are_read_to_the_millisecond) {
  EXPECT_EQ(parse_time("2026-11-23T20:00:01.250Z") - kNow, 1250ms);
  EXPECT_EQ(parse_time("2026-11-23T20:00:01Z") - kNow, 1s);
}

TEST(format, what_is_no_time_is_the_epoch) {
  for (const char* text : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23"}) {
    EXPECT_EQ(parse_time(text), WallTime{}) << text;
  }
}

TEST(format, control_characters_of_names_never_reach_the_terminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(printable("\xc2\x9b"), "?");  // the eight-bit form of ESC [
  EXPECT_EQ(printable("Chaîne télé"), "Chaîne télé");
}

TEST(format, a_live_stream_shows_its_rate_and_counters) {
  const std::string table =
      status_table(json::array({source("publishing")}), json::array({stream("live")}), kNow, kEnglish);
  EXPECT_NE(
      table.find(
          "  3   YouTube  youtube   live   12:05  6.2 Mbit/s  12 ms   5        23.4 ms     7       2\n"),
      std::string::npos)
      << table;
}

TEST(format, streams_are_listed_by_position_then_id) {
  json streams = json::array();
  for (const auto& [id, position] : {std::pair{1, 3}, {2, 1}, {3, 3}, {4, 2}}) {
    streams.push_back(stream("off"));
    streams.back()["id"] = id;
    streams.back()["position"] = position;
  }
  std::string table = status_table(json::array(), streams, kNow, kEnglish);
  std::size_t at = 0;
  for (const char* row : {"\n  2 ", "\n  4 ", "\n  1 ", "\n  3 "}) {
    at = table.find(row, at);
    ASSERT_NE(at, std::string::npos) << row << table;
  }
}

TEST(format, a_source_shows_what_arrives) {
  const std::string table = status_table(json::array({source("publishing")}), json::array(), kNow, kEnglish);
  EXPECT_NE(table.find("  1   Main    receiving  1:02:03\n"), std::string::npos) << table;
  EXPECT_NE(table.find("h264 1920x1080 29.97 fps 6.2 Mbit/s, aac 44.1 kHz 160 kbit/s"), std::string::npos)
      << table;
}

TEST(format, an_encoder_that_is_kept_out_is_told_with_its_address) {
  json contested = source("publishing");
  contested["kept_out"] = "192.0.2.7:4242";
  const std::string told =
      "160 kbit/s. Another encoder at 192.0.2.7:4242 tries to publish with the same key and is kept out.";
  const std::string table = status_table(json::array({contested}), json::array(), kNow, kEnglish);
  EXPECT_NE(table.find(told), std::string::npos) << table;
  EXPECT_NE(source_line(contested, kEnglish).find(told), std::string::npos);
  contested["kept_out"] = nullptr;
  EXPECT_EQ(source_line(contested, kEnglish).find("kept out"), std::string::npos);
}

TEST(format, a_clip_is_told_in_words) {
  json clip = {{"state", "recording"}, {"seconds", 10}, {"recorded_ms", 3900}, {"duration_ms", nullptr}};
  EXPECT_EQ(clip_text(clip, kEnglish), "recording, 3 s of 10 s");
  clip["seconds"] = nullptr;
  EXPECT_EQ(clip_text(clip, kEnglish), "recording, 3 s");
  clip = {{"state", "ready"}, {"duration_ms", 10'400}, {"reason", nullptr}};
  EXPECT_EQ(clip_text(clip, kEnglish), "ready, 10.4 s");
  clip = {{"state", "stale"}, {"reason", {{"code", "clip_stale"}, {"text", "Record it again."}}}};
  EXPECT_EQ(clip_text(clip, kEnglish), "stale. Record it again.");
  EXPECT_NE(clip_text(clip, Language::kFrench).find("Enregistrez-la"), std::string::npos);
  EXPECT_EQ(clip_text(nullptr, kEnglish), "");
}

TEST(format, a_source_shows_its_clip_in_a_line_of_its_own) {
  json with_clip = source("publishing");
  with_clip["clip"] = {{"state", "ready"}, {"duration_ms", 10'400}};
  const std::string table = status_table(json::array({with_clip}), json::array(), kNow, kEnglish);
  EXPECT_NE(table.find("160 kbit/s\n        Be right back: ready, 10.4 s\n"), std::string::npos) << table;
  EXPECT_NE(source_line(with_clip, kEnglish).find("160 kbit/s. Be right back: ready, 10.4 s"),
            std::string::npos);
}

TEST(format, what_is_not_known_of_a_source_is_left_out) {
  json unknown = source("publishing");
  unknown["video"] = {
      {"codec", "vp9"}, {"width", nullptr}, {"height", nullptr}, {"frame_rate", nullptr}, {"kbps", 900}};
  unknown["audio"] = {{"codec", "flac"}, {"sample_rate", nullptr}, {"channels", nullptr}, {"kbps", 700}};
  const std::string table = status_table(json::array({unknown}), json::array(), kNow, kEnglish);
  EXPECT_NE(table.find("        vp9 900 kbit/s, flac 700 kbit/s\n"), std::string::npos) << table;
}

TEST(format, an_absent_source_is_waiting_and_shows_no_old_picture) {
  const std::string table = status_table(json::array({source("absent")}), json::array(), kNow, kEnglish);
  EXPECT_NE(table.find("waiting"), std::string::npos) << table;
  EXPECT_EQ(table.find("1920"), std::string::npos) << table;
}

TEST(format, without_streams_the_table_says_how_to_add_one) {
  EXPECT_NE(status_table(json::array(), json::array(), kNow, kEnglish).find("sluice add"), std::string::npos);
}

TEST(format, a_failing_stream_shows_why_and_when_it_is_tried_again) {
  json failing = stream("retrying");
  failing["reason"] = {
      {"code", "timeout"}, {"text", "The platform did not answer."}, {"params", json::object()}};
  failing["next_try_at"] = "2026-11-23T20:00:07.200Z";
  const std::string expected = "The platform did not answer. (next try in 8 s)";
  EXPECT_EQ(stream_line(failing, kNow, kEnglish), "stream 3 YouTube: trying again, " + expected);
  EXPECT_TRUE(stream_line(failing, kNow, kFrench).ends_with(" (prochain essai dans 8 s)"));
  EXPECT_NE(status_table(json::array(), json::array({failing}), kNow, kEnglish).find(expected),
            std::string::npos);
}

TEST(format, a_holding_stream_shows_when_its_show_ends_in_the_users_language) {
  json holding = stream("holding");
  holding["reason"] = {{"code", "source_broken"}, {"text", "The source broke."}, {"params", json::object()}};
  holding["hold_until"] = "2026-11-23T20:00:41.200Z";
  EXPECT_EQ(stream_line(holding, kNow, kEnglish),
            "stream 3 YouTube: holding, The source broke. (ends in 42 s)");
  const std::string table = status_table(json::array(), json::array({holding}), kNow, kFrench);
  EXPECT_NE(table.find(" (fin dans 42 s)\n"), std::string::npos) << table;
  EXPECT_EQ(table.find("The source broke."), std::string::npos) << table;
  holding["hold_until"] = nullptr;
  EXPECT_EQ(stream_line(holding, kNow, kEnglish), "stream 3 YouTube: holding, The source broke.");
}

TEST(format, time_left_is_in_minutes_from_one_minute_on_and_never_negative) {
  json holding = stream("holding");
  for (const auto& [until, expected] : {std::pair{"2026-11-23T20:00:59.000Z", "(ends in 59 s)"},
                                        std::pair{"2026-11-23T20:00:59.001Z", "(ends in 1:00)"},
                                        std::pair{"2026-11-23T21:00:00.000Z", "(ends in 1:00:00)"},
                                        std::pair{"2026-11-23T19:00:00.000Z", "(ends in 0 s)"}}) {
    holding["hold_until"] = until;
    EXPECT_EQ(stream_line(holding, kNow, kEnglish), std::string("stream 3 YouTube: holding, ") + expected);
  }
}

TEST(format, how_a_stream_holds_is_one_line) {
  json held = stream("live");
  held["hold_s"] = 300;
  held["stop_grace_s"] = 10;
  held["silent_audio"] = "auto";
  EXPECT_EQ(hold_line(held), "stream 3 YouTube: holds for 5:00, ends 0:10 after a stop, silence: auto");
  held["hold_s"] = 0;
  EXPECT_EQ(hold_line(held),
            "stream 3 YouTube: is kept connected in a break, ends 0:10 after a stop, silence: auto");
}

json refused_key() {
  json refused = stream("refused");
  refused["reason"] = {{"code", "key_refused"},
                       {"text", "The key was refused."},
                       {"params", {{"words", "no\x1b[2J show"}, {"count", 3}}}};
  return refused;
}

TEST(format, a_reason_is_told_in_french_with_its_parameters) {
  const std::string line = stream_line(refused_key(), kNow, kFrench);
  EXPECT_NE(line.find("La plateforme a refusé la clé de stream"), std::string::npos) << line;
  EXPECT_NE(line.find("no?[2J show"), std::string::npos) << line;
  EXPECT_EQ(line.find("The key was refused."), std::string::npos) << line;
  const std::string table = status_table(json::array(), json::array({refused_key()}), kNow, kFrench);
  EXPECT_NE(table.find("La plateforme a refusé"), std::string::npos) << table;
  EXPECT_EQ(stream_line(refused_key(), kNow, kEnglish), "stream 3 YouTube: refused, The key was refused.");
}

TEST(format, a_reason_of_a_newer_sluiced_is_told_in_its_own_words) {
  json failing = stream("retrying");
  failing["reason"] = {{"code", "no_such_code"}, {"text", "Something new."}, {"params", json::object()}};
  EXPECT_EQ(stream_line(failing, kNow, kFrench), "stream 3 YouTube: trying again, Something new.");
  failing["reason"] = {{"code", "timeout"}, {"text", 5}, {"params", "none"}};
  EXPECT_NE(stream_line(failing, kNow, kFrench).find("n’a pas répondu"), std::string::npos);
}

TEST(format, a_try_that_is_due_is_never_in_the_past) {
  json failing = stream("refused");
  failing["next_try_at"] = "2026-11-23T19:59:00.000Z";
  EXPECT_EQ(stream_line(failing, kNow, kEnglish), "stream 3 YouTube: refused, (next try in 0 s)");
}

TEST(format, columns_stay_aligned_under_names_with_accents) {
  json accented = stream("off");
  accented["name"] = "Télévision";
  const std::string table =
      status_table(json::array(), json::array({accented, stream("off")}), kNow, kEnglish);
  EXPECT_NE(table.find("Télévision  youtube"), std::string::npos) << table;
  EXPECT_NE(table.find("YouTube     youtube"), std::string::npos) << table;
}

TEST(format, an_answer_of_another_version_is_shown_as_far_as_it_is_understood) {
  const json strange{{"id", "x"}, {"name", 5}, {"state", "dreaming"}, {"stats", "none"}};
  EXPECT_NE(status_table(json::array({strange}), json::array({strange}), kNow, kEnglish).find("dreaming"),
            std::string::npos);
}

TEST(format, a_problem_says_title_detail_and_field) {
  EXPECT_EQ(
      problem_text(422, R"({"title":"Wrong field","detail":"It must begin with rtmp://.","field":"server"})",
                   kEnglish),
      "Wrong field: It must begin with rtmp://. (field: server)");
  EXPECT_EQ(problem_text(404, R"({"title":"No such stream"})", kEnglish), "No such stream");
}

TEST(format, a_problem_with_a_reason_tells_that_in_the_users_language) {
  const char* body =
      R"({"title":"Service Unavailable","detail":"English.","reason":{"code":"relay_not_started","text":"English.","params":{}}})";
  EXPECT_EQ(problem_text(503, body, kEnglish), "Service Unavailable: English.");
  EXPECT_NE(problem_text(503, body, kFrench).find("n’a pas pu être lancé"), std::string::npos);
}

TEST(format, an_answer_that_is_no_problem_document_still_makes_a_sentence) {
  for (const char* body : {"", "<html>", "[]", "{}"}) {
    EXPECT_NE(problem_text(502, body, kEnglish).find("502"), std::string::npos) << body;
  }
}

}  // namespace
}  // namespace sluice::cli
