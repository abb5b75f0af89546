// Whether a platform would take a connection: handshake and `connect` word for word as the relay says them
// for H.264 and AAC, and nothing after that. Sans-I/O; runs in a probe.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "relay/failure.hpp"
#include "rtmp/publish_session.hpp"
#include "rtmp/url.hpp"

namespace sluice::relay {

class ConnectCheck {
 public:
  ConnectCheck(const rtmp::ServerUrl& server, Instant now);

  void received(ByteView bytes, Instant now);
  void closed_by_peer();  // also reset
  void sent(std::size_t bytes) { session_.consume_output(bytes); }

  // The first bytes to write; empty: nothing for now.
  ByteView output() const { return session_.output(); }
  // What the server calls itself (may be empty), or why it does not take us; none yet: go on.
  const std::optional<std::expected<std::string, Failure>>& outcome() const { return outcome_; }

 private:
  rtmp::PublishSession session_;
  std::optional<std::expected<std::string, Failure>> outcome_;
};

}  // namespace sluice::relay
