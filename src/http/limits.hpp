// What the HTTP server accepts before it takes memory or time for a peer. Runs in the manager.
#pragma once

#include <chrono>
#include <cstddef>

namespace sluice::http {

// A browser sends less than 2 KiB; cookies of other services on the same host may add some.
inline constexpr std::size_t kMaxHeaderBytes = 16U << 10U;
// The largest request is a stream with a 64 KiB PEM, every line break of it escaped.
inline constexpr std::size_t kMaxBodyBytes = 256U << 10U;
// More than any page, script and metrics collector of one person; each costs one descriptor.
inline constexpr std::size_t kMaxConnections = 256;
// One request must have arrived, and one response must have been taken, within this time.
inline constexpr std::chrono::seconds kTransferDeadline{15};
inline constexpr std::chrono::seconds kKeepAliveIdle{60};
// How much of a refused request is still read, so that its sender gets to see the answer.
inline constexpr std::chrono::seconds kLingerDeadline{2};
inline constexpr std::size_t kMaxLingerBytes = 1U << 20U;
// Keeps proxies from closing a quiet event stream, and finds clients that are gone.
inline constexpr std::chrono::seconds kEventComment{15};
// A page that has not read for that much is reloaded sooner than caught up.
inline constexpr std::size_t kMaxQueuedEventBytes = 4U << 20U;
inline constexpr std::size_t kMaxQueuedEvents = 1024;

}  // namespace sluice::http
