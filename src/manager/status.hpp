// What is observed of a stream, as the API shows it. Runs in the manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "control/messages.hpp"
#include "control/progress.hpp"

namespace sluice::manager {

struct StreamStats {
  std::uint64_t sent_bytes = 0, sent_kbps = 0, behind_ms = 0, rtt_us = 0, retransmits = 0;
  std::uint64_t dropped_video = 0, dropped_audio = 0, reconnects = 0, restarts = 0;
};

struct StreamStatus {
  control::StreamState state = control::StreamState::kOff;
  std::optional<control::Reason> reason;
  std::int64_t since_ms = 0;
  std::int64_t next_try_at_ms = 0;  // 0: none
  std::int64_t hold_until_ms = 0;   // when a holding stream's show is ended; 0: it is not
  int pid = 0;                      // 0: none
  bool on_backup = false;           // with the backup server, or trying it
  StreamStats stats;
};

enum class ClipState : std::uint8_t {
  kRecording,
  kReady,
  kStale,   // recorded with other settings than the source has now
  kFailed,  // none was made, or the one that was made is damaged
};
std::string_view to_string(ClipState state);  // "recording", "ready", …

// Of a source's clip. Durations: of the clip that is kept, 0 for none.
struct ClipStatus {
  ClipState state = ClipState::kRecording;
  std::optional<int> seconds;    // recording: how long it is to be, if this manager was asked
  std::int64_t recorded_ms = 0;  // recording
  std::int64_t duration_ms = 0;
  std::int64_t recorded_at_ms = 0;
  std::optional<control::Reason> reason;  // ready: why the last try to record a new one failed
};

StreamStats read_stats(const control::ProgressPage& page);

}  // namespace sluice::manager
