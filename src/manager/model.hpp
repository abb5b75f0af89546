// What a person has configured: sources and streams. Plain values; runs in the manager.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/secret.hpp"

namespace sluice::manager {

// app `live` with an empty key; always exists.
inline constexpr std::int64_t kFirstSource = 1;
inline constexpr std::int64_t kMaxPosition = 1'000'000;

struct Source {
  std::int64_t id = 0;
  std::string name;
  std::string app;
  Secret key;
  friend bool operator==(const Source&, const Source&) = default;
};

// Whether silence is sent for a source without sound. kAuto: to platforms that take no show without it.
enum class SilentAudio : std::uint8_t { kAuto, kOn, kOff };

struct Stream {
  std::int64_t id = 0;
  std::string name;
  std::string platform = "custom";
  std::string server;
  Secret key;
  std::int64_t source = kFirstSource;
  bool enabled = false;
  std::string tls_ca;         // PEM; empty: the system's authorities
  std::string backup_server;  // same key; empty: none
  // How long the platform is shown something while a source is away whose connection broke; 0: nothing is
  // shown, and it is kept connected.
  std::int64_t hold_s = 60;
  std::int64_t stop_grace_s = 10;  // the same after a clean stop, before the show ends
  SilentAudio silent_audio = SilentAudio::kAuto;
  std::int64_t position = 1;  // on the page, 1 to kMaxPosition; where two have the same, the id decides
  friend bool operator==(const Stream&, const Stream&) = default;
};

// What is known of a source's "be right back" clip; the clip itself is a file (clip_files.hpp).
struct StoredClip {
  std::int64_t source = 0;
  std::string digest;   // of the file
  std::string headers;  // fingerprint of the sequence headers it was recorded with
  std::int64_t duration_ms = 0;
  std::int64_t recorded_at_ms = 0;  // wall clock
};

using Sources = std::map<std::int64_t, Source>;
using Streams = std::map<std::int64_t, Stream>;
using StoredClips = std::map<std::int64_t, StoredClip>;  // by source

// Whether another stream sends to the same server with the same key.
bool shares_target(const Stream& stream, const Streams& streams);
// Ids by position, then id.
std::vector<std::int64_t> in_order(const Streams& streams);
// Where a new stream goes: behind all others.
std::int64_t next_position(const Streams& streams);
// Whether another source has the same app and key.
bool shares_address(const Source& source, const Sources& sources);

}  // namespace sluice::manager
