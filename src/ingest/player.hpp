// What an RTMP player gets from a ring: metadata, sequence headers and the newest key frame at once, then
// everything with the source's own timestamps. A player that is overtaken goes on at the newest key frame.
// Sans-I/O; runs in the ingest.
#pragma once

#include "ingest/ring_follower.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::ingest {

class Player {
 public:
  // Messages are chunked up to about this much, then wait until the socket has taken them.
  static constexpr std::size_t kBatchBytes = 64U << 10U;

  explicit Player(ring::Reader reader) : follower_(std::move(reader)) {}

  // Moves messages from the ring into the session's output while that is below kBatchBytes. REQUIRES:
  // session.playing().
  void pump(rtmp::ServerSession& session);

 private:
  RingFollower follower_;
};

}  // namespace sluice::ingest
