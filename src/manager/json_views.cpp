// The JSON of the API. Runs in the manager.
#include "manager/json_views.hpp"

#include "http/types.hpp"
#include "manager/hold.hpp"
#include "manager/times.hpp"

namespace sluice::manager {
namespace {

Json time_or_null(std::int64_t epoch_ms) {
  return epoch_ms == 0 ? Json(nullptr) : Json(rfc3339(epoch_ms));
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// What could not be measured is null, never 0.
template <typename Number>
Json number_or_null(Number number) {
  return number > 0 ? Json(number) : Json(nullptr);
}

Json to_json(const StreamStats& stats) {
  return {{"sent_bytes", stats.sent_bytes},
          {"sent_kbps", stats.sent_kbps},
          {"behind_ms", stats.behind_ms},
          {"rtt_us", stats.rtt_us},
          {"retransmits", stats.retransmits},
          {"dropped_video", stats.dropped_video},
          {"dropped_audio", stats.dropped_audio},
          {"reconnects", stats.reconnects},
          {"restarts", stats.restarts}};
}

Json video_of(const control::SourceFacts& facts) {
  if (facts.video_codec.empty()) return nullptr;
  return {{"codec", facts.video_codec},
          {"width", number_or_null(facts.width)},
          {"height", number_or_null(facts.height)},
          {"frame_rate", number_or_null(facts.frame_rate)},
          {"key_frame_interval_ms", number_or_null(facts.key_frame_interval_ms)},
          {"b_frames", facts.b_frames ? Json(*facts.b_frames) : Json(nullptr)},
          {"kbps", facts.video_kbps}};
}

Json audio_of(const control::SourceFacts& facts) {
  if (facts.audio_codec.empty()) return nullptr;
  return {{"codec", facts.audio_codec},
          {"sample_rate", number_or_null(facts.audio_sample_rate)},
          {"channels", number_or_null(facts.audio_channels)},
          {"kbps", facts.audio_kbps}};
}

}  // namespace

Json to_json(const control::Reason& reason) {
  Json params = Json::object();
  for (const auto& [name, value] : reason.params) params[name] = value;
  return {{"code", reason.code}, {"text", reason.text}, {"params", std::move(params)}};
}

Json to_json(const Stream& stream, const StreamStatus& status, bool shares_target) {
  Json warnings = Json::array();
  if (shares_target) {
    warnings.push_back(
        {{"code", "same_target"}, {"text", "Another stream sends to the same server with the same key."}});
  }
  if (status.on_backup) {
    warnings.push_back({{"code", "backup_server"},
                        {"text", "The main server failed three times; the backup server is used."}});
  }
  return {{"id", stream.id},
          {"name", stream.name},
          {"platform", stream.platform},
          {"source", stream.source},
          {"server", stream.server},
          {"backup_server", stream.backup_server},
          {"key_set", !stream.key.empty()},
          {"hold_s", stream.hold_s},
          {"stop_grace_s", stream.stop_grace_s},
          {"silent_audio", to_string(stream.silent_audio)},
          {"position", stream.position},
          {"enabled", stream.enabled},
          {"state", control::to_string(status.state)},
          {"reason", status.reason ? to_json(*status.reason) : Json(nullptr)},
          {"since", time_or_null(status.since_ms)},
          {"next_try_at", time_or_null(status.next_try_at_ms)},
          {"hold_until", time_or_null(status.hold_until_ms)},
          {"pid", status.pid == 0 ? Json(nullptr) : Json(status.pid)},
          {"warnings", std::move(warnings)},
          {"stats", to_json(status.stats)}};
}

Json to_json(const ClipStatus& clip) {
  const bool recording = clip.state == ClipState::kRecording;
  return {{"state", to_string(clip.state)},
          {"seconds", recording && clip.seconds ? Json(*clip.seconds) : Json(nullptr)},
          {"recorded_ms", recording ? Json(clip.recorded_ms) : Json(nullptr)},
          {"duration_ms", number_or_null(clip.duration_ms)},
          {"recorded_at", time_or_null(clip.recorded_at_ms)},
          {"reason", clip.reason ? to_json(*clip.reason) : Json(nullptr)}};
}

Json to_json(const Source& source, const control::SourceFacts& facts, const std::optional<ClipStatus>& clip) {
  const bool publishing = facts.state == "publishing";
  return {{"id", source.id},
          {"name", source.name},
          {"app", source.app},
          {"key", std::string(source.key.reveal())},
          {"state", facts.state},
          {"since", time_or_null(facts.since_ms)},
          {"address", publishing ? text_or_null(facts.address) : Json(nullptr)},
          {"software", publishing ? text_or_null(facts.software) : Json(nullptr)},
          {"kept_out", publishing ? text_or_null(facts.kept_out) : Json(nullptr)},
          {"video", publishing ? video_of(facts) : Json(nullptr)},
          {"audio", publishing ? audio_of(facts) : Json(nullptr)},
          {"clip", clip ? to_json(*clip) : Json(nullptr)}};
}

Json to_json(const control::RefusedPublish& refused) {
  return {{"app", refused.app}, {"key", std::string(refused.key.reveal())}, {"address", refused.address}};
}

Json to_json(const control::ProbeStep& step) {
  return {{"step", step.step},
          {"ok", step.ok},
          {"ms", step.ms},
          {"detail", text_or_null(step.detail)},
          {"reason", step.reason ? to_json(*step.reason) : Json(nullptr)}};
}

Json to_json(const Problem& problem) {
  Json json = {{"type", "about:blank"},
               {"title", http::reason_phrase(problem.status)},
               {"status", problem.status},
               {"detail", problem.detail}};
  if (!problem.field.empty()) json["field"] = problem.field;
  if (problem.reason) json["reason"] = to_json(*problem.reason);
  return json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::manager
