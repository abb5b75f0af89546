// From a host name to a transport: resolve, connect, TLS, each under its deadline. Runs in a relay.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "net/address_race.hpp"
#include "net/error.hpp"
#include "net/resolve.hpp"
#include "net/tls.hpp"
#include "net/transport.hpp"

namespace sluice::net {

inline constexpr Duration kResolveDeadline = std::chrono::seconds{5};
inline constexpr Duration kTlsDeadline = std::chrono::seconds{10};
// Everything together.
inline constexpr Duration kOpenDeadline = kResolveDeadline + kRaceDeadline + kTlsDeadline;
// What waits in the kernel cannot be dropped any more when a platform is slow, so it waits in the ring
// instead. The kernel wakes the writer when half of this is left: one batch of 64 KiB, or 5 ms at 100 Mbit/s,
// so that the line never runs dry; and all of it is 170 ms of 6 Mbit/s, well below the second from which on
// frames are dropped. SO_SNDBUF is left to the kernel's tuning: what is in flight on a long line is not ours
// to limit.
inline constexpr std::size_t kUnsentLimitBytes = 128U << 10U;

struct ConnectRequest {
  std::string host;
  std::uint16_t port = 0;
  std::optional<TlsOptions> tls;
};

// The last two of open_transport()'s three steps (the first is resolve()), for who tells about each.
boost::asio::awaitable<std::expected<UniqueFd, Failure>> open_socket(Addresses addresses);
boost::asio::awaitable<std::expected<std::unique_ptr<Transport>, Failure>> secure(UniqueFd socket,
                                                                                  TlsOptions options);

// Names are resolved anew each time, in a thread of its own (getaddrinfo blocks), given up after
// kResolveDeadline. Addresses race as RFC 8305 says (address_race.hpp). The socket is
// non-blocking, with TCP_NODELAY, keepalive, TCP_USER_TIMEOUT and the limit above set. Honours the
// coroutine's cancellation.
boost::asio::awaitable<std::expected<std::unique_ptr<Transport>, Failure>> open_transport(
    ConnectRequest request);

}  // namespace sluice::net
