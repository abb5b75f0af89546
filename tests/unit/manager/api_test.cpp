// The API without sockets: requests in, responses out, over a supervisor with stand-in workers.
#include "manager/api.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "manager_fixture.hpp"

namespace sluice::manager {
namespace {

class ApiTest : public ManagerTest {
 protected:
  void SetUp() override {
    ManagerTest::SetUp();
    start_api();
  }
  void start_api() {
    announcer_.emplace(io_, *store_, *supervisor_);
    log_.emplace(directory_.log(), [this](const LogEntry& entry) { announcer_->logged(entry); });
    probes_.emplace(io_, directory_, FAKE_PROGRAMS);
    api_.emplace(*store_, *supervisor_, *clips_, *announcer_, refused_, *probes_, *log_,
                 Api::Settings{{}, [] { return Json::object(); }, [] { return Json{{"from", "built_in"}}; }});
  }
  void TearDown() override {
    announcer_->stop();
    ManagerTest::TearDown();
  }

  http::Response call(const std::string& method, const std::string& target, const std::string& body = "",
                      http::Headers headers = {{"Host", "127.0.0.1"}}) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers = std::move(headers);
    return run(api_->answer(std::move(request)));
  }
  static Json json(const http::Response& response) { return Json::parse(response.body); }

  const std::string kNew = R"({"name": "A", "server": "rtmp://127.0.0.1/app", "key": "secret-key"})";
  RefusedList refused_;
  std::optional<EventLog> log_;
  std::optional<Announcer> announcer_;
  std::optional<Probes> probes_;
  std::optional<Api> api_;
};

TEST_F(ApiTest, a_stream_is_added_switched_on_and_off_and_removed) {
  EXPECT_EQ(call("GET", "/api/streams").body, "[]\n");
  const auto added = call("POST", "/api/streams", kNew);
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(json(added)["state"], "off");

  const auto on = call("PUT", "/api/streams/1", R"({"enabled": true})");
  EXPECT_EQ(on.status, 200);
  EXPECT_TRUE(json(on)["pid"].is_number());
  const auto again = call("PUT", "/api/streams/1", R"({"enabled": true})");
  EXPECT_EQ(json(again)["pid"], json(on)["pid"]);

  const auto off = call("PUT", "/api/streams/1", R"({"enabled": false})");
  EXPECT_EQ(json(off)["state"], "off");
  EXPECT_TRUE(json(off)["pid"].is_null());
  EXPECT_EQ(call("DELETE", "/api/streams/1").status, 204);
  EXPECT_EQ(call("GET", "/api/streams/1").status, 404);
  EXPECT_EQ(json(call("POST", "/api/streams", kNew))["id"], 2);
}

TEST_F(ApiTest, how_a_stream_holds_is_read_back_and_a_change_leaves_its_process) {
  const auto added =
      json(call("POST", "/api/streams",
                R"({"name": "A", "server": "rtmp://127.0.0.1/app", "stop_grace_s": 0, "enabled": true})"));
  EXPECT_EQ(added["hold_s"], 60);
  EXPECT_EQ(added["stop_grace_s"], 0);
  EXPECT_EQ(added["silent_audio"], "auto");
  const auto changed = call("PUT", "/api/streams/1", R"({"hold_s": 300, "silent_audio": "on"})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(json(changed)["hold_s"], 300);
  EXPECT_EQ(json(changed)["silent_audio"], "on");
  EXPECT_EQ(json(changed)["pid"], added["pid"]);
  // The stand-in holds from the epoch on.
  ASSERT_TRUE(reaches([this] { return status(store_->streams().at(1)).hold_until_ms == 300'000; }));
  EXPECT_EQ(json(call("GET", "/api/streams/1"))["hold_until"], "1970-01-01T00:05:00.000Z");
  EXPECT_EQ(json(call("PUT", "/api/streams/1", R"({"hold_s": 3601})"))["field"], "hold_s");
  EXPECT_EQ(json(call("GET", "/api/streams/1"))["hold_s"], 300);
}

TEST_F(ApiTest, streams_are_put_in_order_without_interrupting_any) {
  for (const char* name : {"A", "B", "C"})
    call("POST", "/api/streams",
         std::string(R"({"name": ")") + name + R"(", "server": "rtmp://127.0.0.1/app", "enabled": true})");
  const auto ids = [](const Json& streams) {
    std::vector<int> found;
    for (const Json& stream : streams) found.push_back(stream["id"]);
    return found;
  };
  const Json before = json(call("GET", "/api/streams"));
  EXPECT_EQ(before[2]["position"], 3) << "a new one goes last";
  const auto events = call("GET", "/api/events").events;
  events->take();
  const auto ordered = call("PUT", "/api/streams/order", R"({"ids": [3]})");
  EXPECT_EQ(ordered.status, 200);
  EXPECT_EQ(ids(json(ordered)), (std::vector<int>{3, 1, 2}));
  const std::string told = events->take();
  for (const char* moved : {R"("id":1,)", R"("id":2,)", R"("id":3,)"})
    EXPECT_NE(told.find(moved), std::string::npos) << moved;

  const Json after = json(call("GET", "/api/streams"));
  EXPECT_EQ(ids(after), (std::vector<int>{1, 2, 3})) << "by id, as the contract has it";
  for (std::size_t n = 0; n < 3; ++n) EXPECT_EQ(after[n]["pid"], before[n]["pid"]);

  const auto changed = call("PUT", "/api/streams/3", R"({"position": 1000000})");
  EXPECT_EQ(json(changed)["pid"], before[2]["pid"]);
  EXPECT_EQ(ids(json(call("PUT", "/api/streams/order", R"({"ids": []})"))), (std::vector<int>{1, 2, 3}));
  call("PUT", "/api/streams/3", R"({"position": 1000000})");
  EXPECT_EQ(json(call("POST", "/api/streams", kNew))["position"], 1'000'000) << "last by its id";
}

TEST_F(ApiTest, an_order_of_what_is_not_there_or_twice_there_changes_nothing) {
  for (int n = 0; n < 2; ++n) call("POST", "/api/streams", kNew);
  for (const char* body :
       {R"({"ids": [2, 3]})", R"({"ids": [2, 1, 2]})", R"({"ids": ["1"]})", R"({"ids": 1})", R"({})",
        R"({"ids": [2, 1.5]})", R"({"ids": [18446744073709551615]})"}) {
    const auto wrong = call("PUT", "/api/streams/order", body);
    EXPECT_EQ(wrong.status, 422) << body;
    EXPECT_EQ(json(wrong)["field"], "ids") << body;
  }
  EXPECT_EQ(call("PUT", "/api/streams/order", "[2, 1]").status, 400);
  EXPECT_EQ(json(call("PUT", "/api/streams/order", R"({"ids": [1], "id": 1})"))["field"], "id");
  EXPECT_EQ(call("GET", "/api/streams/order").status, 405);
  EXPECT_EQ(json(call("PUT", "/api/streams/1", R"({"position": 0})"))["field"], "position");
  EXPECT_EQ(json(call("GET", "/api/streams/2"))["position"], 2);
}

TEST_F(ApiTest, a_key_is_never_told_again) {
  for (const auto& response :
       {call("POST", "/api/streams", kNew), call("GET", "/api/streams"), call("GET", "/metrics"),
        call("PUT", "/api/streams/1", R"({"key": "secret-key", "enabled": 1})")}) {
    EXPECT_EQ(response.body.find("secret-key"), std::string::npos);
  }
}

TEST_F(ApiTest, a_relay_that_is_missing_answers_503_and_the_wish_is_kept) {
  lose_manager();
  start_manager(temp_.path());
  start_api();
  call("POST", "/api/streams", kNew);
  const auto on = call("PUT", "/api/streams/1", R"({"enabled": true})");
  EXPECT_EQ(on.status, 503);
  EXPECT_EQ(on.content_type, "application/problem+json");
  EXPECT_EQ(json(on)["reason"]["code"], "relay_not_started");
  const Json stream = json(call("GET", "/api/streams/1"));
  EXPECT_EQ(stream["enabled"], true);
  EXPECT_EQ(stream["state"], "retrying");
  EXPECT_EQ(stream["reason"]["code"], "relay_not_started");
}

TEST_F(ApiTest, a_relay_that_says_nothing_answers_503) {
  call("POST", "/api/streams", R"({"name": "A", "server": "rtmp://127.0.0.1/app", "platform": "mute"})");
  EXPECT_EQ(call("PUT", "/api/streams/1", R"({"enabled": true})").status, 503);
  EXPECT_EQ(call("PUT", "/api/streams/1", R"({"enabled": false})").status, 200);
}

TEST_F(ApiTest, wrong_requests_get_the_problem_that_fits) {
  EXPECT_EQ(call("POST", "/api/streams", "{").status, 400);
  EXPECT_EQ(json(call("POST", "/api/streams", R"({"name": ""})"))["field"], "name");
  EXPECT_EQ(call("PUT", "/api/streams/9", "{}").status, 404);
  EXPECT_EQ(call("GET", "/api/streams/x").status, 404);
  EXPECT_EQ(call("GET", "/api/streams/0").status, 404);
  EXPECT_EQ(call("GET", "/api/nonsense").status, 404);
  EXPECT_EQ(call("PATCH", "/api/streams").status, 405);
  EXPECT_EQ(call("POST", "/").status, 405);
}

TEST_F(ApiTest, foreign_pages_are_kept_out) {
  EXPECT_EQ(call("GET", "/api/streams", "", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(call("GET", "/", "", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(call("POST", "/api/streams", kNew, {{"Host", "localhost"}, {"Origin", "null"}}).status, 403);
  EXPECT_EQ(call("GET", "/api/streams", "", {}).status, 400);
}

TEST_F(ApiTest, a_foreign_page_may_link_to_the_page_but_embed_nothing_of_the_api) {
  for (const char* site : {"cross-site", "same-site"}) {
    const http::Headers image = {{"Host", "127.0.0.1"}, {"Sec-Fetch-Site", site}};
    for (const char* target : {"/api/sources/1/live.flv", "//api/streams", "/api/events?x", "/metrics"})
      EXPECT_EQ(call("GET", target, "", image).status, 403) << target;
    const http::Headers link = {
        {"Host", "127.0.0.1"}, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}};
    EXPECT_EQ(call("GET", "/", "", link).status, 200);
  }
  EXPECT_EQ(
      call("GET", "/api/streams", "", {{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}}).status,
      200);
}

TEST_F(ApiTest, a_server_is_tested_with_the_authority_of_its_stream_or_the_one_given) {
  Stream stream;
  stream.name = "A";
  stream.server = "rtmps://127.0.0.1/app";
  stream.tls_ca = "the stream's";
  ASSERT_TRUE(store_->add(stream).has_value());
  const auto tested = call("POST", "/api/probe", R"({"server": "rtmps://h/live", "stream": 1})");
  EXPECT_EQ(tested.status, 200);
  EXPECT_EQ(tested.body,
            R"({"ok":true,"steps":[{"step":"name","ok":true,"ms":1,"detail":"rtmps://h/live","reason":null},)"
            R"({"step":"tcp","ok":true,"ms":1,"detail":"the stream's","reason":null}]})"
            "\n");
  const auto own =
      json(call("POST", "/api/probe", R"({"server": "rtmps://h/live", "stream": 1, "tls_ca": ""})"));
  EXPECT_TRUE(own["steps"][1]["detail"].is_null());
}

TEST_F(ApiTest, a_test_of_a_server_is_checked_as_a_stream_is) {
  const auto field = [this](const char* body) {
    const auto response = call("POST", "/api/probe", body);
    EXPECT_EQ(response.status, 422) << body;
    return json(response)["field"].get<std::string>();
  };
  EXPECT_EQ(field("{}"), "server");
  EXPECT_EQ(field(R"({"server": "http://h/live"})"), "server");
  EXPECT_EQ(field(R"({"server": 5})"), "server");
  EXPECT_EQ(field(R"({"server": "rtmps://h/live", "tls_ca": "no certificate"})"), "tls_ca");
  EXPECT_EQ(field(R"({"server": "rtmp://h/live", "stream": 9})"), "stream");
  EXPECT_EQ(field(R"({"server": "rtmp://h/live", "stream": "1"})"), "stream");
  EXPECT_EQ(field(R"({"server": "rtmp://h/live", "key": "k"})"), "key");
  EXPECT_EQ(call("POST", "/api/probe", "[]").status, 400);
  EXPECT_EQ(call("GET", "/api/probe").status, 405);
}

TEST_F(ApiTest, retrying_needs_a_stream_that_is_on) {
  call("POST", "/api/streams", kNew);
  EXPECT_EQ(call("POST", "/api/streams/1/retry").status, 409);
  call("PUT", "/api/streams/1", R"({"enabled": true})");
  EXPECT_EQ(call("POST", "/api/streams/1/retry").status, 200);
  EXPECT_EQ(call("POST", "/api/streams/2/retry").status, 404);
}

TEST_F(ApiTest, the_same_target_twice_is_allowed_with_a_warning) {
  call("POST", "/api/streams", kNew);
  const auto second = call("POST", "/api/streams", kNew);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(json(second)["warnings"][0]["code"], "same_target");
}

TEST_F(ApiTest, a_source_is_guarded_while_it_is_used_and_source_1_always) {
  EXPECT_EQ(call("POST", "/api/sources", R"({"key": "k"})").status, 422);
  EXPECT_EQ(call("POST", "/api/sources", R"({"app": "live"})").status, 409);
  const auto added = call("POST", "/api/sources", R"({"app": "live", "key": "k"})");
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(json(added)["name"], "live");
  EXPECT_EQ(json(added)["key"], "k");
  call("POST", "/api/streams", R"({"name": "A", "server": "rtmp://127.0.0.1/app", "source": 2})");
  EXPECT_EQ(call("DELETE", "/api/sources/2").status, 409);
  call("DELETE", "/api/streams/1");
  EXPECT_EQ(call("DELETE", "/api/sources/2").status, 204);
  EXPECT_EQ(call("DELETE", "/api/sources/1").status, 409);
  EXPECT_EQ(call("PUT", "/api/sources/1", R"({"key": "k"})").status, 409);
  EXPECT_EQ(call("PUT", "/api/sources/1", R"({"name": "Camera"})").status, 200);
}

TEST_F(ApiTest, a_clip_is_recorded_shown_and_removed) {
  call("POST", "/api/sources", R"({"app": "busy"})");
  ASSERT_TRUE(comes_true([&] { return json(call("GET", "/api/sources/2"))["state"] == "publishing"; }));
  EXPECT_TRUE(json(call("GET", "/api/sources/2"))["clip"].is_null());
  const auto asked = call("POST", "/api/sources/2/clip", R"({"seconds": 12})");
  EXPECT_EQ(asked.status, 202);
  EXPECT_EQ(json(asked)["clip"]["state"], "recording");
  EXPECT_EQ(json(asked)["clip"]["seconds"], 12);
  const auto clip = [&] { return json(call("GET", "/api/sources/2"))["clip"]; };
  ASSERT_TRUE(comes_true([&] { return clip()["state"] == "ready"; }));
  EXPECT_EQ(clip()["duration_ms"], 12'000);
  EXPECT_EQ(call("DELETE", "/api/sources/2/clip").status, 204);
  EXPECT_TRUE(clip().is_null());
  EXPECT_EQ(call("DELETE", "/api/sources/2/clip").status, 204);

  call("POST", "/api/sources/2/clip", R"({"seconds": 5})");
  ASSERT_TRUE(comes_true([&] { return clip()["state"] == "failed"; }));
  EXPECT_EQ(clip()["reason"]["code"], "clip_no_key_frame");
}

TEST_F(ApiTest, a_clip_that_cannot_be_recorded_gets_the_problem_that_fits) {
  call("POST", "/api/sources", R"({"app": "busy"})");
  ASSERT_TRUE(comes_true([&] { return json(call("GET", "/api/sources/2"))["state"] == "publishing"; }));
  for (const char* body :
       {R"({"seconds": 4})", R"({"seconds": 16})", R"({"seconds": "ten"})", R"({"other": 1})"})
    EXPECT_EQ(call("POST", "/api/sources/2/clip", body).status, 422) << body;
  EXPECT_EQ(json(call("POST", "/api/sources/2/clip", R"({"seconds": 4})"))["field"], "seconds");
  EXPECT_EQ(call("POST", "/api/sources/2/clip", "[").status, 400);
  EXPECT_EQ(call("POST", "/api/sources/9/clip").status, 404);
  EXPECT_EQ(call("GET", "/api/sources/2/clip").status, 405);
  const auto nobody = call("POST", "/api/sources/1/clip");
  EXPECT_EQ(nobody.status, 409);
  EXPECT_EQ(json(nobody)["reason"]["code"], "clip_no_source");
  EXPECT_EQ(json(call("POST", "/api/sources/2/clip"))["clip"]["seconds"], 10) << "without a body";
}

TEST_F(ApiTest, a_viewer_is_given_to_the_ingest_with_its_connection) {
  call("POST", "/api/sources", R"({"app": "busy"})");
  ASSERT_TRUE(comes_true([&] { return json(call("GET", "/api/sources/2"))["state"] == "publishing"; }));
  const auto allowed = call("GET", "/api/sources/2/live.flv");
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.content_type, "video/x-flv");
  ASSERT_TRUE(allowed.take_over);
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd client(ends[0]);
  allowed.take_over(UniqueFd(ends[1]));
  std::array<char, 64> got{};
  const auto size = ::recv(client.get(), got.data(), got.size(), 0);
  EXPECT_EQ(std::string_view(got.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))), "source 2");
  EXPECT_EQ(::recv(client.get(), got.data(), got.size(), 0), 0) << "the manager has kept an end of it";
}

TEST_F(ApiTest, what_cannot_be_watched_gets_the_problem_that_fits) {
  ASSERT_TRUE(reaches([this] { return supervisor_->listening(); }));
  const auto nobody = call("GET", "/api/sources/1/live.flv");
  EXPECT_EQ(nobody.status, 409);
  EXPECT_EQ(json(nobody)["reason"]["code"], "source_absent");
  EXPECT_EQ(call("GET", "/api/sources/9/live.flv").status, 404);
  EXPECT_EQ(call("POST", "/api/sources/1/live.flv").status, 405);
  const http::Headers foreign = {{"Host", "localhost"}, {"Origin", "http://elsewhere.example"}};
  EXPECT_EQ(call("GET", "/api/sources/1/live.flv", "", foreign).status, 403);
}

TEST_F(ApiTest, an_ingest_that_is_not_there_answers_503_to_viewers) {
  supervisor_->shut_down();
  ASSERT_TRUE(reaches([this] { return supervisor_->all_gone(); }));
  EXPECT_EQ(call("GET", "/api/sources/1/live.flv").status, 503);
}

TEST_F(ApiTest, an_ingest_that_does_not_know_viewers_is_never_given_one) {
  supervisor_->shut_down();
  ASSERT_TRUE(reaches([this] { return supervisor_->all_gone(); }));
  lose_manager();
  start_manager(FAKE_PROGRAMS, "ancient");
  start_api();
  call("POST", "/api/sources", R"({"app": "busy"})");
  ASSERT_TRUE(comes_true([&] { return json(call("GET", "/api/sources/2"))["state"] == "publishing"; }));
  const auto refused = call("GET", "/api/sources/2/live.flv");
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.take_over);
}

TEST_F(ApiTest, adding_a_refused_publisher_takes_it_off_the_list) {
  refused_.add({"live", Secret("k"), "127.0.0.1:5"});
  EXPECT_EQ(json(call("GET", "/api/refused"))[0]["key"], "k");
  call("POST", "/api/sources", R"({"app": "live", "key": "k"})");
  EXPECT_EQ(call("GET", "/api/refused").body, "[]\n");
}

TEST_F(ApiTest, an_event_client_gets_a_snapshot_and_then_what_changes) {
  const auto response = call("GET", "/api/events");
  ASSERT_TRUE(response.events);
  EXPECT_TRUE(
      response.events->take().starts_with("event: snapshot\ndata: {\"streams\":[],\"sources\":[{\"id\":1,"));
  call("POST", "/api/streams", kNew);
  EXPECT_NE(response.events->take().find("event: stream\ndata: {\"id\":1,"), std::string::npos);
  call("DELETE", "/api/streams/1");
  EXPECT_NE(response.events->take().find("event: deleted\ndata: {\"kind\":\"stream\",\"id\":1}\n\n"),
            std::string::npos);
}

TEST_F(ApiTest, what_people_do_is_logged_and_told) {
  const auto events = call("GET", "/api/events").events;
  call("POST", "/api/streams",
       R"({"name": "A", "server": "rtmp://127.0.0.1/app", "key": "secret-key", "enabled": true})");
  call("PUT", "/api/streams/1", R"({"enabled": true})");
  call("PUT", "/api/streams/1", R"({"key": "secret-key-2"})");
  call("POST", "/api/streams/1/retry");
  call("PUT", "/api/streams/order", R"({"ids": [1]})");
  call("PUT", "/api/streams/1", R"({"enabled": false, "hold_s": 1, "server": 5})");
  call("PUT", "/api/streams/1", R"({"enabled": false})");
  call("DELETE", "/api/streams/1");
  call("POST", "/api/sources", R"({"app": "live", "key": "secret-key"})");
  call("PUT", "/api/sources/2", R"({"name": "Guest"})");
  call("PUT", "/api/sources/2", R"({"name": "Guest"})");
  call("DELETE", "/api/sources/2");
  call("DELETE", "/api/sources/1");
  std::vector<std::string> all;
  const auto answer = call("GET", "/api/log");
  EXPECT_EQ(answer.status, 200);
  for (const Json& entry : json(answer)) {
    all.push_back(entry["kind"].get<std::string>() + " " + dump(entry["target"]) + " " +
                  entry["event"].get<std::string>() + " " + entry["name"].get<std::string>());
  }
  EXPECT_EQ(all, (std::vector<std::string>{"stream 1 added A", "stream 1 switched_on A", "stream 1 changed A",
                                           "stream 1 retried A", "stream 1 switched_off A",
                                           "stream 1 removed A", "source 2 added live",
                                           "source 2 changed Guest", "source 2 removed Guest"}));
  EXPECT_EQ(answer.body.find("secret-key"), std::string::npos);
  const auto first = json(answer)[0]["id"].get<std::int64_t>();
  EXPECT_NE(events->take().find("event: log\ndata: {\"id\":" + std::to_string(first) + ","),
            std::string::npos);
  EXPECT_EQ(
      json(call("GET", "/api/log?source=2&after=" + std::to_string(first + 6) + "&limit=1"))[0]["event"],
      "changed");
  EXPECT_EQ(json(call("GET", "/api/log?stream=1")).size(), 6U);
}

TEST_F(ApiTest, a_wrong_filter_of_the_log_is_named) {
  for (const auto& [query, field] :
       std::vector<std::pair<std::string, std::string>>{{"stream=x", "stream"},
                                                        {"stream=", "stream"},
                                                        {"stream", "stream"},
                                                        {"source=-1", "source"},
                                                        {"after=1.5", "after"},
                                                        {"after=99999999999999999999", "after"},
                                                        {"limit=0", "limit"},
                                                        {"limit=5001", "limit"},
                                                        {"limit=5&limit=no", "limit"},
                                                        {"streams=1", "streams"}}) {
    const auto wrong = call("GET", "/api/log?" + query);
    EXPECT_EQ(wrong.status, 422) << query;
    EXPECT_EQ(json(wrong)["field"], field) << query;
  }
  EXPECT_EQ(call("GET", "/api/log?limit=5000&after=0").status, 200);
  EXPECT_EQ(call("POST", "/api/log").status, 405);
}

TEST_F(ApiTest, health_is_good_once_the_ingest_listens) {
  ASSERT_TRUE(reaches([this] { return supervisor_->listening(); }));
  EXPECT_EQ(call("GET", "/api/health").status, 200);
}

TEST_F(ApiTest, a_name_cannot_forge_a_metric) {
  call("POST", "/api/streams", R"({"name": "a\"} 1 \\", "server": "rtmp://127.0.0.1/app"})");
  EXPECT_NE(call("GET", "/metrics")
                .body.find(R"(sluice_stream_sent_bytes_total{id="1",name="a\"} 1 \\",platform="custom"} 0)"),
            std::string::npos);
}

TEST_F(ApiTest, metrics_say_which_streams_hold_and_until_when) {
  call("POST", "/api/streams", kNew);
  const std::string off = call("GET", "/metrics").body;
  EXPECT_NE(off.find(R"(sluice_stream_holding{id="1",name="A",platform="custom"} 0)"), std::string::npos);
  call("PUT", "/api/streams/1", R"({"enabled": true, "platform": "holding"})");
  ASSERT_TRUE(reaches([this] { return status(store_->streams().at(1)).hold_until_ms > 0; }));
  const std::string on = call("GET", "/metrics").body;
  const std::string labels = R"({id="1",name="A",platform="holding"} )";
  EXPECT_NE(on.find("sluice_stream_holding" + labels + "1\n"), std::string::npos);
  EXPECT_NE(on.find("sluice_stream_hold_end_timestamp_seconds" + labels + "60\n"), std::string::npos);
}

TEST_F(ApiTest, the_page_comes_with_a_policy_and_compressed_when_accepted) {
  const auto page = call("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(http::find_header(page.headers, "Cache-Control"), "no-store");
  EXPECT_TRUE(http::find_header(page.headers, "Content-Security-Policy")->starts_with("default-src 'self'"));
  EXPECT_NE(http::find_header(page.headers, "Content-Security-Policy")->find("; media-src 'self' blob:; "),
            std::string_view::npos)
      << "what the preview plays from";
  EXPECT_NE(page.body.find("<!doctype html>"), std::string::npos);
  const auto small = call("GET", "/", "", {{"Host", "localhost"}, {"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(http::find_header(small.headers, "Content-Encoding"), "gzip");
  EXPECT_TRUE(small.body.starts_with("\x1f\x8b"));
}

}  // namespace
}  // namespace sluice::manager
