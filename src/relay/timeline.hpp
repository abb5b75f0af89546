// Session time from source time: one constant offset for all tracks, so that sound and picture never part.
// Sans-I/O; runs in a relay.
//
// Source timestamps are 32 bit and wrap (RTMP spec 4). Session time is 64 bit, begins at 0 and never goes
// back within a track. Where a source's clock jumps (its encoder started again from 0, or lost its mind), the
// offset changes so that session time goes on by the time that really passed; all tracks change to the same
// new offset, each when its own frames have jumped, because the tracks of one source jump some frames apart.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "media/message.hpp"

namespace sluice::relay {

// How far a frame's timestamp may be behind its track's last one and still be mere disorder, held at the last
// one's time.
inline constexpr std::int64_t kMaxDisorderMs = 250;
// How far it may run ahead of the time that passed between the arrivals.
inline constexpr std::int64_t kMaxRunAheadMs = 3'000;
// Tracks of one connection; frames of any further one share a clock. OBS's multitrack video has six.
inline constexpr std::size_t kMaxTracks = 16;

struct Track {
  media::MessageKind kind = media::MessageKind::kVideo;
  std::uint8_t number = 0;
  friend bool operator==(const Track&, const Track&) = default;
};

class Timeline {
 public:
  // A publisher session begins: `source_ms` is `session_ms` from now on. Tracks are known by their first
  // frame.
  void anchor(std::uint32_t source_ms, std::int64_t session_ms);

  // The session time of a frame; REQUIRES: anchored. Frames must come in the order of the source.
  std::int64_t map(const Track& track, std::uint32_t source_ms, Instant arrival);
  // What a message beside the frames (headers, metadata) would get. It moves no clock.
  std::int64_t peek(std::uint32_t source_ms) const;

  // The highest time that map() has given out since anchor(), or the anchor's.
  std::int64_t latest() const { return latest_ms_; }
  std::uint64_t jumps() const { return jumps_; }

 private:
  struct Clock {
    Track track;
    std::int64_t last_ms = 0;
    Instant last_arrival{};
  };

  Clock* clock_of(const Track& track);
  std::int64_t first_time(std::uint32_t source_ms, Instant arrival);
  std::int64_t next_time(const Clock& clock, std::uint32_t source_ms, Instant arrival);
  void jump(std::uint32_t source_ms, std::int64_t session_ms);

  // Session time is source time plus offset, modulo 2^32; which of the many such times is meant is the one
  // nearest to the track's last.
  std::uint32_t offset_ms_ = 0;
  std::optional<std::uint32_t>
      former_offset_ms_;  // on the other side of the last jump, where a track may still be
  std::vector<Clock> clocks_;
  std::int64_t latest_ms_ = 0;
  std::uint64_t jumps_ = 0;
};

}  // namespace sluice::relay
