// The sockets of an AddressRace: TCP connections to the addresses of one host, of which one is kept. Runs in
// a relay.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <vector>

#include "base/fd.hpp"
#include "net/error.hpp"

namespace sluice::net {

// `addresses` in the resolver's order. The first to connect wins, as a non-blocking socket; the others are
// closed by then, also when the coroutine is cancelled. The failure is that of the last address to fail:
// kUnreachable, kTimeout, or kNameNotFound when there was none.
boost::asio::awaitable<std::expected<UniqueFd, Failure>> dial(
    std::vector<boost::asio::ip::tcp::endpoint> addresses);

}  // namespace sluice::net
