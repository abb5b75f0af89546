// From a request's body to a checked stream, source or test of a server. Sans-I/O; runs in the manager.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/messages.hpp"
#include "manager/log_entry.hpp"
#include "manager/model.hpp"
#include "manager/problem.hpp"

namespace sluice::manager {

inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::size_t kMaxPlatformBytes = 64;
inline constexpr std::size_t kMaxKeyBytes = 1024;  // also a source's app
inline constexpr std::size_t kMaxTlsCaBytes = 64U << 10U;

// control::RecordClip; the ingest records up to the key frame after that.
inline constexpr int kMinClipSeconds = 5;
inline constexpr int kMaxClipSeconds = 15;
inline constexpr int kDefaultClipSeconds = 10;

// The fields a body gives; the others stay as they are.
struct StreamPatch {
  std::optional<std::string> name, platform, server, backup_server, tls_ca;
  std::optional<Secret> key;
  std::optional<std::int64_t> source, hold_s, stop_grace_s, position;
  std::optional<SilentAudio> silent_audio;
  std::optional<bool> enabled;

  // Whether a running relay is replaced or ended. How it holds it is told while it runs.
  bool concerns_relay() const {
    return server || backup_server || key || source || tls_ca || platform || enabled;
  }
};
struct SourcePatch {
  std::optional<std::string> name, app;
  std::optional<Secret> key;
};

// 400: no JSON object; 422: a field that is unknown or of the wrong type.
std::expected<StreamPatch, Problem> parse_stream_patch(std::string_view body);
// Streams in the order that is asked for. 422 of `ids`: missing, no such stream, one of them twice.
std::expected<std::vector<std::int64_t>, Problem> parse_order(std::string_view body, const Streams& streams);
// How many seconds of a clip are asked for; an empty body asks for kDefaultClipSeconds.
std::expected<int, Problem> parse_clip_request(std::string_view body);
// What follows the question mark. 422 with the name of what is wrong.
std::expected<LogQuery, Problem> parse_log_query(std::string_view query);
std::expected<SourcePatch, Problem> parse_source_patch(std::string_view body);
// A test of a server, checked as a stream's fields are. Without a tls_ca of its own it has that of the stream
// it is for.
std::expected<control::Probe, Problem> parse_probe_request(std::string_view body, const Streams& streams);

Stream patched(Stream stream, StreamPatch patch);
Source patched(Source source, SourcePatch patch);

// It is shown in the process list, so it is kept to what needs no quoting anywhere: 1 to kMaxPlatformBytes
// small letters, digits, hyphens and underscores.
bool is_platform_id(std::string_view text);

// 422 with the field.
std::expected<void, Problem> check_stream(const Stream& stream, const Sources& sources);
// 422, and 409 when app and key are another source's.
std::expected<void, Problem> check_source(const Source& source, const Sources& sources);

}  // namespace sluice::manager
