// See the header.
#include "ingest/player.hpp"

namespace sluice::ingest {

void Player::pump(rtmp::ServerSession& session) {
  while (session.output().size() < kBatchBytes) {
    const auto message = follower_.next();
    if (!message) return;
    session.send(*message);
  }
}

}  // namespace sluice::ingest
