// What is true of the source as one ring tells it, for the promises about holds. Written by the ingest's
// model.
#pragma once

#include <algorithm>

#include "base/clock.hpp"
#include "sim/format.hpp"

namespace sluice::sim {

// As relay::kSilentAfter, kSpliceAfter and kCatchUp, written down a second time.
inline constexpr Duration kSilent = std::chrono::seconds{5};
inline constexpr Duration kFirstKeyWithin = std::chrono::seconds{1};
inline constexpr Duration kCaughtUpWithin = std::chrono::seconds{3};

enum class Presence : std::uint8_t { kPublishing, kBroken, kEnded };

struct RingFacts {
  Presence presence = Presence::kPublishing;
  Instant presence_since{};
  bool writer_died = false;  // the ring itself still says publishing
  Format format;             // as its headers say
  bool has_key = false;      // the present publisher has sent one
  bool took_over = false;    // and came while another one was there
  // The last frame that a platform may be sent: none before its publisher's first key frame.
  Instant last_frame{};
  // A hold that began before may go on until then, though the source is back.
  Instant back_by{};

  bool is_away(Instant now) const {
    const Duration without = now - last_frame;
    if (now < presence_since) return without >= kSilent;
    if (presence != Presence::kPublishing) return true;
    if (has_key) return without >= kSilent;
    return !took_over || without >= kFirstKeyWithin;
  }
  void become(Presence next, Instant now) {
    presence = next;
    presence_since = now;
  }
  void on_frame(bool is_key, Instant now) {
    if (!has_key && !is_key) return;
    // The same connection first sends what it could not send before.
    if (has_key && is_away(now)) back_by = std::max(back_by, now + kCaughtUpWithin);
    if (!has_key) back_by = std::max(back_by, now);
    has_key = true;
    last_frame = now;
  }
};

}  // namespace sluice::sim
