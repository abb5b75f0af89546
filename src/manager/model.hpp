// What a person has configured: sources and streams. Plain values; runs in the manager.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/secret.hpp"

namespace sluice::manager {

// app `live` with an empty key; always exists.
inline constexpr std::int64_t kFirstSource = 1;

struct Source {
  std::int64_t id = 0;
  std::string name;
  std::string app;
  Secret key;
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
// Whether another source has the same app and key.
bool shares_address(const Source& source, const Sources& sources);

}  // namespace sluice::manager
