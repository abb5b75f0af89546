// Which frames of a stream that is late are left out, so that a platform on a slow line falls no further
// behind and the picture that remains can be decoded. Sans-I/O; runs in a relay.
//
// Pictures go first, sound as late as possible: beyond 1 s frames that no other is predicted from, beyond 2.5
// s everything up to the next key frame, beyond 6 s everything up to the newest key frame there is; only
// beyond 10 s sound too. A picture whose reference was left out is never sent. Every frame left out is
// counted.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "media/inspect.hpp"
#include "relay/message_source.hpp"

namespace sluice::relay {

inline constexpr Duration kLateThin = std::chrono::seconds{1};
inline constexpr Duration kLateSkip = std::chrono::milliseconds{2500};
inline constexpr Duration kLateJump = std::chrono::seconds{6};
inline constexpr Duration kLateCut = std::chrono::seconds{10};

class Thinner {
 public:
  // What follows begins with a key frame: nothing that it needs has been left out.
  void begin();
  // A message beside the frames that goes out: headers say how to read the frames.
  void note_header(const media::MessageView& message, const media::Traits& traits);
  // Whether the frame in `record` goes out; `late` is how long it could have been sent already. Every frame
  // must be asked about, in the order of the source.
  bool keeps(const ring::Record& record, const media::Traits& traits, Duration late,
             const MessageSource& source);

  // Since construction.
  std::uint64_t dropped_video() const { return dropped_video_; }
  std::uint64_t dropped_audio() const { return dropped_audio_; }

 private:
  struct Moment {
    std::uint32_t sent_ms = 0;
    std::uint32_t shown_ms = 0;
  };
  struct Picture {  // one video track
    std::uint8_t track = 0;
    std::uint8_t nal_length_bytes = 4;
    bool broken = false;  // a frame that others need was left out: only a key frame mends it
    // The key frame that mended it: frames that come after it and are shown before it (an open group of
    // pictures) still need what was left out. Until the next key frame.
    std::optional<Moment> mended_at;
  };

  static bool is_leading(const Picture& picture, const Moment& moment);
  bool keeps_picture(const ring::Record& record, const media::Traits& traits, Duration late);
  Picture& picture(std::uint8_t track);

  std::vector<Picture> pictures_;
  ring::Position skip_until_ = 0;  // pictures before this are left out
  ring::Position cut_until_ = 0;   // sound, too
  std::uint64_t dropped_video_ = 0;
  std::uint64_t dropped_audio_ = 0;
};

}  // namespace sluice::relay
