// Silence as an audio track: AAC frames at the pace of their samples. Sans-I/O; runs in a relay.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::relay {

// What a source without sound is given: AAC-LC, 48 kHz, stereo. A whole sequence header message.
const Bytes& silent_header();

class SilentTrack {
 public:
  // In the form and format that the sequence header message `header` announces; the first frame is at
  // `begin_ms`. nullopt: silence in that format is not known (media::silence_for).
  static std::optional<SilentTrack> like(ByteView header, std::int64_t begin_ms);

  std::int64_t next_ms() const;
  // The next frame, a whole message's payload.
  const Bytes& take();

 private:
  SilentTrack() = default;

  Bytes payload_;
  std::uint32_t sample_rate_ = 0;
  std::int64_t begin_ms_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace sluice::relay
