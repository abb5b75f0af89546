// Socket options and facts that more than one driver needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace sluice::net {

void set_no_delay(int socket);
// Answers each small step of a handshake at once instead of after 40 ms; the kernel forgets it, so it is
// set anew before each wait while a session is being set up.
void set_quick_ack(int socket);
// Ends a connection to a vanished peer within about 25 s.
void set_keepalive(int socket);
// The kernel gives up on a peer that acknowledges nothing for this long.
void set_user_timeout(int socket, Duration timeout);
// The socket takes no more while this much has not been sent yet (TCP_NOTSENT_LOWAT).
void set_unsent_limit(int socket, std::size_t bytes);
// close() then sends RST and drops what is queued.
void set_reset_on_close(int socket);

struct TcpFacts {
  std::uint32_t rtt_us = 0;
  std::uint32_t retransmits = 0;  // since the connection was opened
  std::uint64_t acked_bytes = 0;  // since then, too
  std::size_t queued_bytes = 0;   // taken by the kernel, not acknowledged by the peer
};
std::optional<TcpFacts> tcp_facts(int socket);

struct PeerAddress {
  std::string text;  // "192.0.2.1:4242", "[2001:db8::1]:4242"
  bool loopback = false;
};
PeerAddress peer_address(int socket);

}  // namespace sluice::net
