// Holds what a platform is shown while the source is away against what it may be shown then: the last key
// frame, copies of it, silence, in time that only grows (H1 to H5 of docs/simulation.md). One per session.
#pragma once

#include <cstdint>
#include <optional>

#include "control/messages.hpp"
#include "media/message.hpp"
#include "sim/engine.hpp"
#include "sim/ring_facts.hpp"
#include "sim/truth.hpp"

namespace sluice::sim {

// Where the source's own interval is not known, or shorter; and where it is longer than that.
inline constexpr Duration kUsualKeyEvery = std::chrono::seconds{2};
inline constexpr Duration kLongestKeyEvery = std::chrono::seconds{10};

// What the platform's relay was told, and what is true of the ring that it reads.
struct HoldRules {
  const RingFacts* ring = nullptr;  // nullptr: none
  int hold_s = control::HoldPolicy{}.hold_s;
  Instant policy_since{};
};

class HoldCheck {
 public:
  HoldCheck(const Engine& engine, const Truth& truth, int stream)
      : engine_(engine), truth_(truth), stream_(stream) {}

  // ---- live; call before the others of the same message ----
  void on_live(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms);

  // ---- of a hold ----
  void on_key_frame(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms);
  // A payload that no encoder has sent: a copy, or silence, or nobody's.
  void on_made(const media::MessageView& message);
  // Of a healthy platform: a frame of a hold that came just now, `delay` after it was sent at the most.
  void check_reason(const HoldRules& rules, Duration delay) const;

  // The last frame was a hold's.
  bool is_on() const { return on_; }
  // The last key frame shown, live or again.
  std::uint64_t key() const { return key_; }
  bool has_begun() const { return video_ms_ >= 0 || audio_ms_ >= 0; }
  Instant last_frame_at() const { return last_frame_at_; }
  Instant last_picture_at() const { return last_picture_at_; }
  // The next key frame of a hold is due then.
  Instant next_key_by() const { return std::max(last_key_at_, began_at_) + key_every_; }
  const std::optional<Picture>& picture() const { return picture_; }

 private:
  void on_copy(const media::MessageView& message);
  void begin_or_go_on(std::uint32_t timestamp_ms);
  void note_picture(std::int64_t ms, std::int32_t composition_ms);
  void check_picture_time(std::int64_t ms, std::int32_t composition_ms) const;
  [[noreturn]] void fail(const char* invariant, const std::string& what, std::int64_t first = 0,
                         std::int64_t second = 0) const;

  const Engine& engine_;
  const Truth& truth_;
  int stream_;
  bool on_ = false;
  std::optional<Picture> picture_;       // of the last key frame
  std::uint64_t key_ = kNoNumber;        // shown last
  Duration key_every_ = kUsualKeyEvery;  // as the last two live ones came, in session time
  std::int64_t live_key_ms_ = -1;
  std::uint32_t since_key_ = 0;  // pictures
  bool live_since_key_ = false;  // one of them is no copy
  std::int64_t video_ms_ = -1;   // the highest so far, each
  std::int64_t shown_ms_ = -1;
  std::int64_t audio_ms_ = -1;
  std::int64_t began_ms_ = 0;  // of the hold
  Instant began_at_{};
  Instant last_frame_at_{};
  Instant last_picture_at_{};
  Instant last_key_at_{};
};

}  // namespace sluice::sim
