// Reading a relay's counters. Runs in the manager.
#include "manager/status.hpp"

namespace sluice::manager {

std::string_view to_string(ClipState state) {
  switch (state) {
    case ClipState::kRecording:
      return "recording";
    case ClipState::kReady:
      return "ready";
    case ClipState::kStale:
      return "stale";
    case ClipState::kFailed:
      return "failed";
  }
  return "failed";
}

StreamStats read_stats(const control::ProgressPage& page) {
  const auto load = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {.sent_bytes = load(page.sent_bytes),
          .sent_kbps = load(page.sent_kbps),
          .behind_ms = load(page.behind_ms),
          .rtt_us = load(page.rtt_us),
          .retransmits = load(page.retransmits),
          .dropped_video = load(page.dropped_video),
          .dropped_audio = load(page.dropped_audio),
          .reconnects = load(page.reconnects),
          .restarts = 0};
}

}  // namespace sluice::manager
