// What an HTTP-FLV viewer gets from a ring: FLV's header, metadata, sequence headers and the newest key frame
// at once, then everything. One that is overtaken goes on at the newest key frame. Sans-I/O; runs in the
// ingest.
//
// Messages stay as they were published, whatever their codec. Times begin at 0 with the first message, so
// that a browser need not search for the beginning. A jump of the source's clock, and what a viewer has
// missed, take no time in what he gets: the buffers of a browser would keep a hole, and stop in front of it.
// All tracks are shifted alike, but those of a source whose clocks are far apart are brought together, as the
// relay does it (relay/timeline.hpp).
//
// It ends with the publisher's session. Another one may have other codecs, and FLV has no word for that which
// all players know: the viewer asks again.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "ingest/ring_follower.hpp"
#include "media/message.hpp"

namespace sluice::ingest {

class FlvPlayer {
 public:
  // Tags are appended up to about this much, then wait until the socket has taken them.
  static constexpr std::size_t kBatchBytes = 64U << 10U;
  // A step of the clock of more than this is none of the programme's.
  static constexpr std::int32_t kClockJumpMs = 3000;

  explicit FlvPlayer(ring::Reader reader) : follower_(std::move(reader)) {}

  // Appends what the ring has while `out` is below kBatchBytes.
  void pump(Bytes& out);
  // Nothing will be appended any more. Known only from pump().
  bool ended() const { return ended_; }

 private:
  bool publisher_has_gone() const;
  // Of a track (the sounds, or the pictures). Times are the viewer's, modulo 2^32: sound from before the
  // first picture is before 0.
  struct TrackClock {
    bool begun = false;
    std::uint32_t offset_ms = 0;  // source time at viewer's time 0
    std::uint32_t last_ms = 0;
  };

  std::uint32_t time_of(const media::MessageView& message);
  std::uint32_t time_of_frame(TrackClock& clock, std::uint32_t timestamp_ms);
  void go_on_here(const TrackClock& clock, std::uint32_t timestamp_ms);
  std::uint32_t not_before_the_beginning(std::uint32_t time_ms) const;

  RingFollower follower_;
  std::uint32_t generation_ = 0;  // 0: not begun
  std::uint32_t beginnings_ = 0;  // of the follower, as of the last frame
  std::uint32_t offset_ms_ = 0;   // of the track that has jumped last
  std::uint32_t newest_ms_ = 0;   // viewer's time
  TrackClock sound_;
  TrackClock picture_;
  bool ended_ = false;
};

}  // namespace sluice::ingest
