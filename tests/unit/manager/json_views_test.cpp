// The shape of what the API says.
#include "manager/json_views.hpp"

#include <gtest/gtest.h>

#include "manager/times.hpp"

namespace sluice::manager {
namespace {

TEST(JsonViews, a_stream_has_exactly_the_fields_of_the_contract_and_never_its_key) {
  Stream stream;
  stream.id = 3;
  stream.name = "A";
  stream.server = "rtmp://host/app";
  stream.backup_server = "rtmp://backup/app";
  stream.key = Secret("very secret");
  stream.tls_ca = "PEM";
  StreamStatus status;
  status.state = control::StreamState::kRetrying;
  status.reason = control::Reason{"timeout", "Too slow.", {{"step", "connect"}}};
  status.since_ms = 1;
  status.next_try_at_ms = 1763927000123;
  status.hold_until_ms = 1763927042000;
  status.on_backup = true;
  const std::string json = dump(to_json(stream, status, true));
  EXPECT_EQ(
      json,
      R"({"id":3,"name":"A","platform":"custom","source":1,"server":"rtmp://host/app",)"
      R"("backup_server":"rtmp://backup/app","key_set":true,"hold_s":60,"stop_grace_s":10,"silent_audio":"auto","position":1,)"
      R"("enabled":false,"state":"retrying",)"
      R"("reason":{"code":"timeout","text":"Too slow.","params":{"step":"connect"}},)"
      R"("since":"1970-01-01T00:00:00.001Z","next_try_at":"2025-11-23T19:43:20.123Z",)"
      R"("hold_until":"2025-11-23T19:44:02.000Z","pid":null,)"
      R"("warnings":[{"code":"same_target","text":"Another stream sends to the same server with the same key."},)"
      R"({"code":"backup_server","text":"The main server failed three times; the backup server is used."}],)"
      R"("stats":{"sent_bytes":0,"sent_kbps":0,"behind_ms":0,"rtt_us":0,"retransmits":0,"dropped_video":0,)"
      R"("dropped_audio":0,"reconnects":0,"restarts":0}})");
}

TEST(JsonViews, a_stream_that_is_not_to_be_ended_has_no_time_for_it) {
  Stream stream;
  stream.hold_s = 0;
  stream.silent_audio = SilentAudio::kOff;
  StreamStatus status;
  status.state = control::StreamState::kHolding;
  const Json json = to_json(stream, status, false);
  EXPECT_TRUE(json["hold_until"].is_null());
  EXPECT_EQ(json["hold_s"], 0);
  EXPECT_EQ(json["silent_audio"], "off");
}

TEST(JsonViews, an_absent_source_shows_its_key_and_no_media) {
  control::SourceFacts facts;
  facts.state = "absent";
  facts.video_codec = "h264";
  facts.address = "127.0.0.1:5";
  facts.kept_out = "127.0.0.2:5";
  const Source source{.id = 1, .name = "OBS", .app = "live", .key = Secret("k")};
  EXPECT_EQ(dump(to_json(source, facts, std::nullopt)),
            R"({"id":1,"name":"OBS","app":"live","key":"k","state":"absent","since":null,"address":null,)"
            R"("software":null,"kept_out":null,"video":null,"audio":null,"clip":null})");
}

TEST(JsonViews, a_publishing_source_without_sound_has_video_and_null_audio) {
  control::SourceFacts facts;
  facts.state = "publishing";
  facts.video_codec = "h264";
  facts.width = 1920;
  facts.height = 1080;
  facts.frame_rate = 29.97;
  facts.b_frames = false;
  facts.address = "127.0.0.1:5";
  facts.kept_out = "127.0.0.2:5";
  const Json json = to_json(Source{}, facts, std::nullopt);
  EXPECT_EQ(json["video"]["width"], 1920);
  EXPECT_EQ(json["video"]["frame_rate"], 29.97);
  EXPECT_EQ(json["video"]["b_frames"], false);
  EXPECT_TRUE(json["audio"].is_null());
  EXPECT_EQ(json["address"], "127.0.0.1:5");
  EXPECT_EQ(json["kept_out"], "127.0.0.2:5");
}

TEST(JsonViews, a_clip_shows_what_its_state_has_to_show) {
  ClipStatus clip;
  clip.seconds = 10;
  clip.recorded_ms = 3000;
  EXPECT_EQ(dump(to_json(Source{}, {}, clip)["clip"]),
            R"({"state":"recording","seconds":10,"recorded_ms":3000,"duration_ms":null,"recorded_at":null,)"
            R"("reason":null})");
  clip.state = ClipState::kStale;
  clip.duration_ms = 10'400;
  clip.recorded_at_ms = 1;
  clip.reason = control::Reason{"clip_stale", "Old.", {}};
  EXPECT_EQ(
      dump(to_json(Source{}, {}, clip)["clip"]),
      R"({"state":"stale","seconds":null,"recorded_ms":null,"duration_ms":10400,)"
      R"("recorded_at":"1970-01-01T00:00:00.001Z","reason":{"code":"clip_stale","text":"Old.","params":{}}})");
}

TEST(JsonViews, what_was_not_measured_is_null) {
  control::SourceFacts facts;
  facts.state = "publishing";
  facts.video_codec = "vp9";
  facts.audio_codec = "flac";
  const Json json = to_json(Source{}, facts, std::nullopt);
  EXPECT_EQ(
      dump(json["video"]),
      R"({"codec":"vp9","width":null,"height":null,"frame_rate":null,"key_frame_interval_ms":null,"b_frames":null,)"
      R"("kbps":0})");
  EXPECT_EQ(dump(json["audio"]), R"({"codec":"flac","sample_rate":null,"channels":null,"kbps":0})");
}

TEST(JsonViews, bytes_from_the_network_that_are_no_utf8_do_not_break_the_answer) {
  const control::RefusedPublish refused{"live\xff", Secret("\xc3"), "127.0.0.1:5"};
  EXPECT_TRUE(nlohmann::json::accept(dump(to_json(refused))));
}

TEST(JsonViews, a_problem_names_field_and_reason_only_when_there_are_any) {
  EXPECT_EQ(dump(to_json(Problem{404, "There is no stream 1.", "", std::nullopt})),
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"There is no stream 1."})");
  const Json json = to_json(Problem{422, "No.", "name", control::Reason{"timeout", "t", {}}});
  EXPECT_EQ(json["field"], "name");
  EXPECT_EQ(json["reason"]["code"], "timeout");
}

}  // namespace
}  // namespace sluice::manager
