// Keeps a platform's session going while its source is away: plays a slate in session time, at the pace of
// the clock. Sans-I/O; runs in a relay.
//
// Time never goes back: the slate begins behind everything that was sent, and what follows it must begin
// behind reached(). The first picture must also be shown after the last one that is still to be shown, which
// with B-frames lies ahead of what was sent last.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "media/message.hpp"
#include "relay/slate.hpp"

namespace sluice::relay {

// No encoder shows a picture so much later than it is decoded; what says so must not move a session by hours.
inline constexpr std::int64_t kMaxCompositionMs = 5'000;

// How far a platform's session has come, in session time; -1: nothing of the kind was sent yet.
struct Reached {
  std::int64_t video_ms = -1;
  std::int64_t shown_ms = -1;  // the highest presentation time of a picture
  std::int64_t audio_ms = -1;
  bool key_frame_was_last = false;  // of the pictures
  std::int64_t step_ms = 1;  // the least distance of the next picture, of which no two may fall together
                             // in the time base of whoever decodes them

  bool is_nothing() const { return video_ms < 0 && audio_ms < 0; }
  void note_video(std::int64_t ms, std::int64_t composition_ms, bool is_key_frame);
  void note_audio(std::int64_t ms);
  // Where a key frame that is shown `composition_ms` after its time may follow at the earliest.
  std::int64_t next_ms(std::int64_t composition_ms) const;
};

// A platform that has not taken anything for longer does not get what it missed.
inline constexpr std::int64_t kMaxHoldLateMs = 1'000;

class Hold {
 public:
  // It is `clock_ms` in session time at `now`.
  Hold(std::unique_ptr<Slate> slate, const Reached& reached, std::int64_t clock_ms, Instant now);

  // What is due. The payload is valid until the next call.
  std::optional<media::MessageView> next(Instant now);
  Instant due() const;
  // The slate has failed: its clip can no longer be read.
  bool is_broken() const { return broken_; }
  // The source is back with a key frame: what must go out before it, if anything.
  std::optional<media::MessageView> bridge();

  const Reached& reached() const { return reached_; }
  std::int64_t clock_ms(Instant now) const;
  // The moment at which it is `ms` in session time.
  Instant moment_of(std::int64_t ms) const { return began_ + std::chrono::milliseconds{ms - clock_ms_}; }

 private:
  media::MessageView note(media::MessageView message, std::int64_t ms);

  std::unique_ptr<Slate> slate_;
  Reached reached_;
  Instant began_;
  std::int64_t clock_ms_;  // at began_
  bool broken_ = false;
  std::int64_t base_ms_;  // session time of the slate's beginning
};

}  // namespace sluice::relay
