// Names to addresses without blocking the loop. Runs in a relay.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/error.hpp"

namespace sluice::net {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;
// Blocks; called in a thread of its own. The error is the system's words.
using BlockingLookup =
    std::function<std::expected<Addresses, std::string>(std::string host, std::uint16_t port)>;

std::expected<Addresses, std::string> system_lookup(const std::string& host, std::uint16_t port);

// The addresses in the resolver's order; kNameNotFound also when there is no answer within `deadline`. A
// literal address needs no thread. getaddrinfo cannot be cancelled, so a lookup that takes longer goes on
// behind our back; the next call for the same host and port waits for that one instead of starting another,
// so that a silent name server costs one thread however often it is asked. The thread keeps the loop's run()
// from returning while it lives. Honours the coroutine's cancellation.
boost::asio::awaitable<std::expected<Addresses, Failure>> resolve(std::string host, std::uint16_t port,
                                                                  Duration deadline,
                                                                  BlockingLookup lookup = system_lookup);

}  // namespace sluice::net
