// See the header.
#include "relay/connect_check.hpp"

namespace sluice::relay {

ConnectCheck::ConnectCheck(const rtmp::ServerUrl& server, Instant now)
    : session_({server.app, server.tc_url, {}}, now, {}, rtmp::Goal::kConnect) {}

void ConnectCheck::received(ByteView bytes, Instant now) {
  if (outcome_) return;
  if (const auto parsed = session_.feed(bytes, now); !parsed) {
    outcome_ = std::unexpected(from_garbage(parsed.error()));
  } else if (session_.state() == rtmp::PublishState::kConnected) {
    outcome_ = session_.server_name();
  } else if (session_.state() == rtmp::PublishState::kRefused) {
    outcome_ = std::unexpected(from_refusal(session_.refusal()));
  } else if (session_.state() == rtmp::PublishState::kClosedByPeer) {
    closed_by_peer();
  }
}

void ConnectCheck::closed_by_peer() {
  if (!outcome_) outcome_ = std::unexpected(from_early_close(session_.state()));
}

}  // namespace sluice::relay
