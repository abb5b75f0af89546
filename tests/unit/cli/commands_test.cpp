// Tests of the commands against a sluiced that answers as it is told to.
#include "cli/commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <sstream>

namespace sluice::cli {
namespace {

using nlohmann::json;

struct Request {
  std::string method;
  std::string path;
  std::string body;
};

class CommandsTest : public testing::Test {
 protected:
  void answer(int status, std::string body) {
    answers_.push_back({status, "application/json", std::move(body)});
  }

  Result<void> run(const Command& command) {
    const World world{transport(),
                      [this](const std::string& path) -> Result<Secret> {
                        key_path_ = path;
                        return Secret(key_);
                      },
                      [] { return parse_time("2026-11-23T20:00:00.000Z"); }, out_, language_};
    return cli::run(command, world);
  }

  Transport transport() {
    return {[this](std::string_view method, const std::string& path,
                   const std::string& body) -> std::expected<http::ClientResponse, std::string> {
              requests_.push_back({std::string(method), path, body});
              if (answers_.empty()) return std::unexpected("nobody listens there");
              auto next = answers_.front();
              answers_.pop_front();
              return next;
            },
            [this](const std::function<bool(std::string_view, std::string_view)>& on_event)
                -> std::expected<void, std::string> {
              for (const auto& [event, data] : events_) {
                if (!on_event(event, data)) return {};
              }
              return std::unexpected("the connection ended");
            }};
  }

  std::deque<http::ClientResponse> answers_;
  std::vector<std::pair<std::string, std::string>> events_;
  std::vector<Request> requests_;
  std::string key_ = "the key";
  std::string key_path_;
  std::ostringstream out_;
  Language language_ = Language::kEnglish;
};

const char* kLive = R"({"id":3,"name":"YouTube","state":"live","reason":null})";

const char* kTimedOut =
    R"({"id":3,"name":"YouTube","state":"retrying","reason":{"code":"timeout","text":"No answer.","params":{}}})";

TEST_F(CommandsTest, reasons_come_in_the_users_language_and_json_stays_as_it_is) {
  language_ = Language::kFrench;
  answer(200, "[]");
  answer(200, std::string("[") + kTimedOut + "]");
  ASSERT_TRUE(run(Status{}));
  EXPECT_NE(out_.str().find("n’a pas répondu à temps"), std::string::npos) << out_.str();
  EXPECT_EQ(out_.str().find("No answer."), std::string::npos);

  out_.str("");
  answer(200, "[]");
  answer(200, std::string("[") + kTimedOut + "]");
  ASSERT_TRUE(run(Status{.json = true}));
  EXPECT_EQ(json::parse(out_.str()).at("streams").at(0), json::parse(kTimedOut));
}

TEST_F(CommandsTest, refused_switching_on_says_why_in_the_users_language) {
  language_ = Language::kFrench;
  answer(503,
         R"({"title":"Service Unavailable","reason":{"code":"relay_not_started","text":"No.","params":{}}})");
  const auto done = run(SwitchOn{3});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text.find("n’a pas pu être lancé"), std::string::npos) << done.error().text;
}

TEST_F(CommandsTest, on_and_off_change_the_wish_of_one_stream) {
  answer(200, kLive);
  ASSERT_TRUE(run(SwitchOn{3}));
  EXPECT_EQ(requests_.back().method, "PUT");
  EXPECT_EQ(requests_.back().path, "/api/streams/3");
  EXPECT_EQ(requests_.back().body, R"({"enabled":true})");
  EXPECT_EQ(out_.str(), "stream 3 YouTube: live\n");

  answer(200, R"({"id":3,"name":"YouTube","state":"off"})");
  ASSERT_TRUE(run(SwitchOff{3}));
  EXPECT_EQ(requests_.back().body, R"({"enabled":false})");
}

TEST_F(CommandsTest, a_test_of_a_server_shows_each_step) {
  answer(200, R"({"ok":true,"steps":[)"
              R"({"step":"name","ok":true,"ms":3,"detail":"192.0.2.1","reason":null},)"
              R"({"step":"rtmp","ok":true,"ms":40,"detail":null,"reason":null}]})");
  ASSERT_TRUE(run(TestServer{.server = "rtmp://h/a"}));
  EXPECT_EQ(requests_.back().method, "POST");
  EXPECT_EQ(requests_.back().path, "/api/probe");
  EXPECT_EQ(json::parse(requests_.back().body), json({{"server", "rtmp://h/a"}}));
  EXPECT_EQ(out_.str(), "✓ Name: 192.0.2.1 (3 ms)\n✓ RTMP (40 ms)\n");
}

TEST_F(CommandsTest, a_test_that_fails_says_at_what_in_the_users_language) {
  language_ = Language::kFrench;
  answer(200, R"({"id":3,"server":"rtmps://h/a"})");
  answer(200, R"({"ok":false,"steps":[{"step":"tcp","ok":false,"ms":0,"detail":"Connection refused",)"
              R"("reason":{"code":"unreachable","text":"No.","params":{}}}]})");
  const auto done = run(TestServer{.id = 3});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kRefused);
  EXPECT_EQ(requests_.front().path, "/api/streams/3");
  EXPECT_EQ(json::parse(requests_.back().body), json({{"server", "rtmps://h/a"}, {"stream", 3}}));
  EXPECT_TRUE(out_.str().starts_with("✗ Connexion: Le serveur de la plateforme est injoignable."));
  EXPECT_TRUE(out_.str().ends_with(" (Connection refused)\n"));
}

TEST_F(CommandsTest, an_addition_sends_the_key_that_was_read_and_does_not_print_it) {
  answer(201, kLive);
  ASSERT_TRUE(run(
      Add{.name = "YouTube", .server = "rtmp://h/a", .platform = "youtube", .key_file = "-", .on = true}));
  EXPECT_EQ(key_path_, "-");
  EXPECT_EQ(requests_.back().method, "POST");
  EXPECT_EQ(requests_.back().path, "/api/streams");
  EXPECT_EQ(json::parse(requests_.back().body), json({{"name", "YouTube"},
                                                      {"platform", "youtube"},
                                                      {"server", "rtmp://h/a"},
                                                      {"key", "the key"},
                                                      {"source", 1},
                                                      {"enabled", true}}));
  EXPECT_EQ(out_.str().find("the key"), std::string::npos);
}

TEST_F(CommandsTest, an_addition_without_a_key_file_sends_an_empty_key) {
  answer(201, kLive);
  ASSERT_TRUE(run(Add{.name = "N", .server = "rtmp://h/a"}));
  EXPECT_EQ(json::parse(requests_.back().body)["key"], "");
  EXPECT_EQ(key_path_, "");
}

TEST_F(CommandsTest, an_addition_sends_its_backup_server) {
  answer(201, kLive);
  ASSERT_TRUE(run(Add{.name = "N", .server = "rtmp://h/a", .backup_server = "rtmp://b/a"}));
  EXPECT_EQ(json::parse(requests_.back().body)["backup_server"], "rtmp://b/a");
}

TEST_F(CommandsTest, only_what_was_given_of_a_hold_is_sent) {
  answer(201, kLive);
  ASSERT_TRUE(run(Add{.name = "N", .server = "rtmp://h/a", .hold = {.hold_s = 0}}));
  const json added = json::parse(requests_.back().body);
  EXPECT_EQ(added["hold_s"], 0);
  EXPECT_FALSE(added.contains("stop_grace_s") || added.contains("silent_audio"));

  out_.str("");
  answer(200, R"({"id":3,"name":"YouTube","hold_s":60,"stop_grace_s":30,"silent_audio":"off"})");
  ASSERT_TRUE(run(Set{.id = 3, .hold = {.stop_grace_s = 30, .silent_audio = "off"}}));
  EXPECT_EQ(requests_.back().method + " " + requests_.back().path, "PUT /api/streams/3");
  EXPECT_EQ(requests_.back().body, R"({"silent_audio":"off","stop_grace_s":30})");
  EXPECT_EQ(out_.str(), "stream 3 YouTube: holds for 1:00, ends 0:30 after a stop, silence: off\n");
}

TEST_F(CommandsTest, a_key_that_json_cannot_carry_is_a_usage_error_and_nothing_is_sent) {
  key_ = "\xff\xfe";
  const auto done = run(Add{.name = "N", .server = "rtmp://h/a", .key_file = "k"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kUsage);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(CommandsTest, retry_and_remove_accept_an_answer_without_content) {
  answer(204, "");
  EXPECT_TRUE(run(Retry{3}));
  EXPECT_EQ(requests_.back().method + " " + requests_.back().path, "POST /api/streams/3/retry");
  answer(204, "");
  EXPECT_TRUE(run(Remove{3}));
  EXPECT_EQ(requests_.back().method + " " + requests_.back().path, "DELETE /api/streams/3");
}

TEST_F(CommandsTest, a_no_of_sluiced_is_told_with_its_field) {
  answer(422, R"({"title":"Wrong field","detail":"It must begin with rtmp://.","field":"server"})");
  const auto done = run(Add{.name = "N", .server = "h"});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kRefused);
  EXPECT_EQ(done.error().text, "Wrong field: It must begin with rtmp://. (field: server)");
}

TEST_F(CommandsTest, a_sluiced_that_cannot_be_reached_has_an_exit_code_of_its_own) {
  const auto done = run(Status{});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kUnreachable);
  EXPECT_EQ(done.error().text, "nobody listens there");
}

TEST_F(CommandsTest, another_program_at_the_address_is_recognised) {
  answer(200, "<html>welcome</html>");
  const auto done = run(Status{});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kRefused);
}

TEST_F(CommandsTest, status_as_json_holds_what_sluiced_said) {
  answer(200, R"([{"id":1}])");
  answer(200, "[]");
  ASSERT_TRUE(run(Status{.json = true}));
  EXPECT_EQ(json::parse(out_.str()), json::parse(R"({"sources":[{"id":1}],"streams":[]})"));
}

TEST_F(CommandsTest, events_print_a_line_for_a_change_and_none_for_mere_counters) {
  events_ = {
      {"snapshot", R"({"streams":[{"id":3,"name":"YouTube","state":"connecting"}],"sources":[]})"},
      {"stream", kLive},
      {"stream", R"({"id":3,"name":"YouTube","state":"live","reason":null,"stats":{"sent_kbps":6000}})"},
      {"deleted", R"({"kind":"stream","id":3})"}};
  const auto done = run(Events{});
  EXPECT_EQ(done.error().exit_code, kUnreachable);
  std::istringstream lines(out_.str());
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);)
    seen.push_back(line.substr(10));  // after the time of day
  EXPECT_EQ(seen, (std::vector<std::string>{"stream 3 YouTube: connecting", "stream 3 YouTube: live",
                                            "stream 3: removed"}));
}

TEST_F(CommandsTest, events_tell_when_the_end_of_a_hold_is_moved) {
  events_ = {
      {"stream", R"({"id":3,"name":"Y","state":"holding","hold_until":"2026-11-23T20:00:42.000Z"})"},
      {"stream", R"({"id":3,"name":"Y","state":"holding","hold_until":"2026-11-23T20:00:42.000Z","pid":4})"},
      {"stream", R"({"id":3,"name":"Y","state":"holding","hold_until":"2026-11-23T20:05:00.000Z"})"}};
  ASSERT_FALSE(run(Events{}));
  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 2);
  EXPECT_NE(out_.str().find("stream 3 Y: holding, (ends in 5:00)\n"), std::string::npos) << out_.str();
}

std::string with_clip(const std::string& clip, int source = 1) {
  return R"({"id":)" + std::to_string(source) + R"(,"name":"OBS","state":"publishing","clip":)" + clip + "}";
}

TEST_F(CommandsTest, a_clip_is_asked_for_once_events_are_followed_and_told_until_it_is_there) {
  const std::string begun = R"({"state":"recording","seconds":10,"recorded_ms":3100})";
  const std::string ready = R"({"state":"ready","duration_ms":10400,"reason":null})";
  events_ = {{"snapshot", R"({"streams":[],"sources":[]})"},
             {"source", with_clip(ready)},  // the one of before
             {"source", with_clip(R"({"state":"recording","seconds":10,"recorded_ms":0})")},
             {"source", with_clip(begun)},
             {"source", with_clip(begun)},
             {"source", with_clip(ready, 2)},
             {"source", with_clip(ready)},
             {"source", with_clip("null")}};
  answer(202, with_clip(begun));
  ASSERT_TRUE(run(RecordClip{}));
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].method, "POST");
  EXPECT_EQ(requests_[0].path, "/api/sources/1/clip");
  EXPECT_EQ(json::parse(requests_[0].body), json({{"seconds", 10}}));
  EXPECT_EQ(out_.str(),
            "clip of source 1: recording, 0 s of 10 s\n"
            "clip of source 1: recording, 3 s of 10 s\n"
            "clip of source 1: ready, 10.4 s\n");
}

TEST_F(CommandsTest, a_clip_that_fails_says_why) {
  const std::string failed =
      R"({"state":"failed","reason":{"code":"clip_interrupted","text":"The source stopped.","params":{}}})";
  events_ = {{"snapshot", "{}"},
             {"source", with_clip(R"({"state":"recording","seconds":10,"recorded_ms":0})")},
             {"source", with_clip(failed)}};
  answer(202, with_clip("null"));
  const auto done = run(RecordClip{});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kRefused);
  EXPECT_EQ(done.error().text, "failed. The source stopped.");
}

TEST_F(CommandsTest, a_clip_that_nobody_can_record_is_refused_at_once) {
  events_ = {{"snapshot", "{}"}, {"source", with_clip("null")}};
  answer(409, R"({"title":"Conflict","detail":"Nobody is streaming.","status":409})");
  const auto done = run(RecordClip{});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text, "Conflict: Nobody is streaming.");
}

TEST_F(CommandsTest, a_sluiced_that_goes_while_a_clip_is_recorded_is_no_success) {
  events_ = {{"snapshot", "{}"},
             {"source", with_clip(R"({"state":"recording","seconds":10,"recorded_ms":0})")}};
  answer(202, with_clip("null"));
  const auto done = run(RecordClip{});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit_code, kUnreachable);
}

TEST_F(CommandsTest, a_clip_is_removed) {
  answer(204, "");
  ASSERT_TRUE(run(RemoveClip{.source = 2}));
  EXPECT_EQ(requests_[0].method + requests_[0].path, "DELETE/api/sources/2/clip");
}

TEST_F(CommandsTest, a_refused_publisher_is_told_without_its_key) {
  events_ = {{"refused", R"({"app":"live","key":"hidden","address":"192.168.1.9:5000"})"}};
  ASSERT_FALSE(run(Events{}));
  EXPECT_NE(out_.str().find("192.168.1.9:5000"), std::string::npos);
  EXPECT_EQ(out_.str().find("hidden"), std::string::npos);
}

const char* kLog = R"([
  {"id":1,"at":"2026-11-23T20:00:00.000Z","kind":"sluice","target":null,"name":null,"event":"started","state":null,"reason":null},
  {"id":2,"at":"2026-11-23T20:00:01.500Z","kind":"sluice","target":null,"name":"192.0.2.7","event":"publisher_refused"},
  {"id":3,"at":"2026-11-23T20:00:02.000Z","kind":"source","target":1,"name":"OBS","event":"publishing"},
  {"id":4,"at":"2026-11-23T20:00:03.000Z","kind":"stream","target":3,"name":"You\u001bTube","event":"state","state":"retrying",
   "reason":{"code":"timeout","text":"No answer.","params":{}}},
  {"id":5,"at":"2026-11-23T20:00:04.000Z","kind":"stream","target":3,"name":"YouTube","event":"switched_off"},
  {"id":6,"at":"2026-11-23T20:00:05.000Z","kind":"stream","target":3,"name":"YouTube","event":"painted"}])";

TEST_F(CommandsTest, the_log_has_a_line_for_each_entry_with_the_time_here) {
  ::setenv("TZ", "EST5", 1);  // 5 hours behind, always
  ::tzset();
  language_ = Language::kFrench;
  answer(200, kLog);
  ASSERT_TRUE(run(Log{}));
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(requests_.back().method + " " + requests_.back().path, "GET /api/log?limit=5000");
  EXPECT_EQ(out_.str(),
            "2026-11-23 15:00:00  sluiced started\n"
            "2026-11-23 15:00:01  publisher from 192.0.2.7 refused: its app and key are no source\n"
            "2026-11-23 15:00:02  source 1 OBS: receiving\n"
            "2026-11-23 15:00:03  stream 3 You?Tube: trying again, " +
                std::string(reason_text("timeout", Language::kFrench)) +
                "\n"
                "2026-11-23 15:00:04  stream 3 YouTube: switched off\n"
                "2026-11-23 15:00:05  stream 3 YouTube: painted\n");
}

TEST_F(CommandsTest, the_log_of_one_stream_is_asked_for_and_json_is_as_it_came) {
  answer(200, kLog);
  ASSERT_TRUE(run(Log{.stream = 3, .json = true}));
  EXPECT_EQ(requests_.back().path, "/api/log?limit=5000&stream=3");
  std::istringstream lines(out_.str());
  json all = json::array();
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  EXPECT_EQ(all, json::parse(kLog));
}

TEST_F(CommandsTest, events_as_json_print_every_event_on_a_line) {
  events_ = {{"stream", kLive}, {"stream", kLive}};
  ASSERT_FALSE(run(Events{.json = true}));
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(json::parse(line), json({{"event", "stream"}, {"data", json::parse(kLive)}}));
  }
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace sluice::cli
