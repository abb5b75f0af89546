// Control messages as JSON. Each message has one list of its fields, used for both directions. Manager and
// workers.
#include "control/messages.hpp"

#include <tuple>
#include <utility>

#include "control/limits.hpp"
#include "control/values.hpp"
#include "os/channel.hpp"

namespace sluice::control {
namespace {

enum class As : std::uint8_t { kValue, kText, kBytes };

template <typename M, typename T>
struct Field {
  const char* name;
  T M::* member;
  As as = As::kValue;
  std::size_t limit = 0;
  bool may_be_missing = false;
};
template <typename M, typename T>
constexpr Field<M, T> value(const char* name, T M::* member) {
  return {name, member};
}
// What earlier programs of the same protocol do not say.
template <typename M, typename T>
constexpr Field<M, T> newer_value(const char* name, T M::* member) {
  return {name, member, As::kValue, 0, true};
}
template <typename M>
constexpr Field<M, std::string> text(const char* name, std::string M::* member) {
  return {name, member, As::kText, kMaxTextBytes};
}
template <typename M, typename T>
constexpr Field<M, T> bytes(const char* name, T M::* member, std::size_t limit) {
  return {name, member, As::kBytes, limit};
}

template <typename M>
struct Shape;  // kType, and kFields: a tuple of Field

template <>
struct Shape<Hello> {
  static constexpr const char* kType = "hello";
  static constexpr auto kFields = std::tuple(
      value("protocol", &Hello::protocol), text("build", &Hello::build), value("pid", &Hello::pid),
      text("role", &Hello::role), value("stream", &Hello::stream), newer_value("pack", &Hello::pack),
      text("config_hash", &Hello::config_hash), text("ring_id", &Hello::ring_id),
      value("position", &Hello::position), newer_value("takes_viewers", &Hello::takes_viewers));
};
template <>
struct Shape<CarryStream> {
  static constexpr const char* kType = "carry_stream";
  static constexpr auto kFields = std::tuple(value("stream", &CarryStream::stream));
};
template <>
struct Shape<UseWake> {
  static constexpr const char* kType = "use_wake";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<ConfigureRelay> {
  static constexpr const char* kType = "configure_relay";
  static constexpr auto kFields = std::tuple(
      value("stream", &ConfigureRelay::stream), bytes("server", &ConfigureRelay::server, kMaxServerBytes),
      bytes("key", &ConfigureRelay::key, kMaxNameBytes),
      bytes("tls_ca", &ConfigureRelay::tls_ca, kMaxCertificateBytes),
      text("config_hash", &ConfigureRelay::config_hash),
      bytes("backup_server", &ConfigureRelay::backup_server, kMaxServerBytes));
};
template <>
struct Shape<UseRing> {
  static constexpr const char* kType = "use_ring";
  static constexpr auto kFields = std::tuple(text("ring_id", &UseRing::ring_id));
};
template <>
struct Shape<HoldPolicy> {
  static constexpr const char* kType = "hold_policy";
  static constexpr auto kFields =
      std::tuple(value("hold_s", &HoldPolicy::hold_s), value("stop_grace_s", &HoldPolicy::stop_grace_s),
                 value("silent_audio", &HoldPolicy::silent_audio));
};
template <>
struct Shape<UseClip> {
  static constexpr const char* kType = "use_clip";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<SourceLost> {
  static constexpr const char* kType = "source_lost";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<RetryNow> {
  static constexpr const char* kType = "retry_now";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<End> {
  static constexpr const char* kType = "end";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<HandOver> {
  static constexpr const char* kType = "hand_over";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<RelayState> {
  static constexpr const char* kType = "relay_state";
  static constexpr auto kFields = std::tuple(
      value("state", &RelayState::state), value("reason", &RelayState::reason),
      value("since_ms", &RelayState::since_ms), value("next_try_at_ms", &RelayState::next_try_at_ms),
      value("on_backup", &RelayState::on_backup), value("hold_until_ms", &RelayState::hold_until_ms));
};
template <>
struct Shape<Listen> {
  static constexpr const char* kType = "listen";
  static constexpr auto kFields = std::tuple();
};
template <>
struct Shape<SetSource> {
  static constexpr const char* kType = "set_source";
  static constexpr auto kFields =
      std::tuple(value("source", &SetSource::source), bytes("app", &SetSource::app, kMaxNameBytes),
                 bytes("key", &SetSource::key, kMaxNameBytes));
};
template <>
struct Shape<RemoveSource> {
  static constexpr const char* kType = "remove_source";
  static constexpr auto kFields = std::tuple(value("source", &RemoveSource::source));
};
template <>
struct Shape<AttachReader> {
  static constexpr const char* kType = "attach_reader";
  static constexpr auto kFields =
      std::tuple(value("source", &AttachReader::source), value("reader", &AttachReader::reader));
};
template <>
struct Shape<DetachReader> {
  static constexpr const char* kType = "detach_reader";
  static constexpr auto kFields = std::tuple(value("reader", &DetachReader::reader));
};
template <>
struct Shape<RecordClip> {
  static constexpr const char* kType = "record_clip";
  static constexpr auto kFields =
      std::tuple(value("source", &RecordClip::source), value("seconds", &RecordClip::seconds));
};
template <>
struct Shape<Watch> {
  static constexpr const char* kType = "watch";
  static constexpr auto kFields = std::tuple(value("source", &Watch::source));
};
template <>
struct Shape<PlayPolicy> {
  static constexpr const char* kType = "play_policy";
  static constexpr auto kFields = std::tuple(value("from_anywhere", &PlayPolicy::from_anywhere));
};
template <>
struct Shape<ConfigHash> {
  static constexpr const char* kType = "config_hash";
  static constexpr auto kFields = std::tuple(text("config_hash", &ConfigHash::config_hash));
};
template <>
struct Shape<RingOf> {
  static constexpr const char* kType = "ring_of";
  static constexpr auto kFields =
      std::tuple(value("source", &RingOf::source), text("ring_id", &RingOf::ring_id));
};
template <>
struct Shape<SourceFacts> {
  static constexpr const char* kType = "source_facts";
  static constexpr auto kFields = std::tuple(
      value("source", &SourceFacts::source), text("state", &SourceFacts::state),
      text("video_codec", &SourceFacts::video_codec), text("audio_codec", &SourceFacts::audio_codec),
      value("width", &SourceFacts::width), value("height", &SourceFacts::height),
      value("frame_rate", &SourceFacts::frame_rate),
      value("key_frame_interval_ms", &SourceFacts::key_frame_interval_ms),
      value("video_kbps", &SourceFacts::video_kbps), value("audio_kbps", &SourceFacts::audio_kbps),
      value("audio_sample_rate", &SourceFacts::audio_sample_rate),
      value("audio_channels", &SourceFacts::audio_channels), value("since_ms", &SourceFacts::since_ms),
      text("address", &SourceFacts::address), text("software", &SourceFacts::software),
      text("headers", &SourceFacts::headers), value("clip_recorded_ms", &SourceFacts::clip_recorded_ms),
      text("kept_out", &SourceFacts::kept_out), newer_value("b_frames", &SourceFacts::b_frames));
};
template <>
struct Shape<ClipRecorded> {
  static constexpr const char* kType = "clip_recorded";
  static constexpr auto kFields =
      std::tuple(value("source", &ClipRecorded::source), text("problem", &ClipRecorded::problem),
                 value("duration_ms", &ClipRecorded::duration_ms), text("headers", &ClipRecorded::headers));
};
template <>
struct Shape<RefusedPublish> {
  static constexpr const char* kType = "refused_publish";
  static constexpr auto kFields = std::tuple(bytes("app", &RefusedPublish::app, kMaxNameBytes),
                                             bytes("key", &RefusedPublish::key, kMaxNameBytes),
                                             text("address", &RefusedPublish::address));
};

template <>
struct Shape<Probe> {
  static constexpr const char* kType = "probe";
  static constexpr auto kFields = std::tuple(bytes("server", &Probe::server, kMaxServerBytes),
                                             bytes("tls_ca", &Probe::tls_ca, kMaxCertificateBytes));
};
template <>
struct Shape<ProbeStep> {
  static constexpr const char* kType = "probe_step";
  static constexpr auto kFields =
      std::tuple(text("step", &ProbeStep::step), value("ok", &ProbeStep::ok), value("ms", &ProbeStep::ms),
                 text("detail", &ProbeStep::detail), value("reason", &ProbeStep::reason),
                 value("last", &ProbeStep::last));
};

template <typename M, typename T>
Json write_field(const M& message, const Field<M, T>& field) {
  const T& member = message.*field.member;
  if constexpr (std::same_as<T, Secret>) {
    return write_bytes(member.reveal());
  } else if constexpr (std::same_as<T, std::string>) {
    return field.as == As::kBytes ? write_bytes(member) : write_text(member, field.limit);
  } else {
    return write(member);
  }
}

template <typename M, typename T>
bool read_field(const Json& object, M& message, const Field<M, T>& field) {
  const auto found = object.find(field.name);
  if (found == object.end()) return field.may_be_missing;
  T& member = message.*field.member;
  if constexpr (std::same_as<T, Secret>) {
    std::string revealed;
    if (!read_bytes(*found, revealed, field.limit)) return false;
    member = Secret(std::move(revealed));
    return true;
  } else if constexpr (std::same_as<T, std::string>) {
    return field.as == As::kBytes ? read_bytes(*found, member, field.limit)
                                  : read_text(*found, member, field.limit);
  } else {
    return read(*found, member);
  }
}

template <typename M>
Json write_message(const M& message) {
  Json object = {{"type", Shape<M>::kType}};
  std::apply([&](const auto&... field) { ((object[field.name] = write_field(message, field)), ...); },
             Shape<M>::kFields);
  return object;
}

template <typename M>
std::optional<Message> read_message([[maybe_unused]] const Json& object) {
  M message;
  const bool whole = std::apply(
      [&](const auto&... field) { return (read_field(object, message, field) && ...); }, Shape<M>::kFields);
  if (!whole) return std::nullopt;
  return Message(std::move(message));
}

template <std::size_t... Index>
std::optional<Message> read_any(const Json& object, std::string_view type, std::index_sequence<Index...>) {
  std::optional<Message> message;
  const auto try_one = [&]<typename M>() {
    if (type != Shape<M>::kType) return false;
    message = read_message<M>(object);
    return true;
  };
  (try_one.template operator()<std::variant_alternative_t<Index, Message>>() || ...);
  return message;
}

}  // namespace

std::string_view to_string(StreamState state) {
  switch (state) {
    case StreamState::kOff:
      return "off";
    case StreamState::kWaiting:
      return "waiting";
    case StreamState::kConnecting:
      return "connecting";
    case StreamState::kLive:
      return "live";
    case StreamState::kHolding:
      return "holding";
    case StreamState::kRetrying:
      return "retrying";
    case StreamState::kRefused:
      return "refused";
  }
  return "off";
}

std::string encode(const Message& message) {
  const Json object = std::visit([](const auto& m) { return write_message(m); }, message);
  // Bytes that are no UTF-8 are left out of what people read; all else is written as hexadecimal digits.
  return object.dump(-1, ' ', false, Json::error_handler_t::ignore);
}

std::optional<Message> decode(std::string_view text) {
  if (text.size() > os::kMaxChannelMessageBytes) return std::nullopt;
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto type = object.find("type");
  if (type == object.end() || !type->is_string()) return std::nullopt;
  return read_any(object, type->get_ref<const std::string&>(),
                  std::make_index_sequence<std::variant_size_v<Message>>{});
}

}  // namespace sluice::control
