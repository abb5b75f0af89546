// Bounds of the ingest: how many, how long. The protocol's own are in rtmp/limits.hpp.
#pragma once

#include <cstddef>

#include "base/clock.hpp"

namespace sluice::ingest {

inline constexpr std::size_t kMaxConnections = 1024;   // publishers, players and callers in setup together
inline constexpr std::size_t kReadBytes = 64U << 10U;  // one buffer for all connections
inline constexpr int kReadsPerTurn = 16;               // then the other connections get their turn
// A publisher that sends nothing at all for this long is gone, whatever TCP says.
inline constexpr Duration kSilentPublisher = std::chrono::seconds{15};
// A player that takes nothing of what waits for it.
inline constexpr Duration kStuckPlayer = std::chrono::seconds{15};
// HTTP viewers at the same time, of all sources. With those that are being told why they are not served, and
// those that have all and have yet to close, there are some more sockets.
inline constexpr std::size_t kMaxViewers = 16;
inline constexpr std::size_t kMaxViewerSockets = 64;
inline constexpr Duration kStuckViewer = std::chrono::seconds{10};  // takes nothing of what waits for it
// The kernel's own limit, for one that is gone and yet has room with the kernel for what comes slowly.
inline constexpr Duration kVanishedViewer = std::chrono::seconds{20};
inline constexpr std::size_t kUnsentBytes = 128U << 10U;  // of a viewer, with the kernel
inline constexpr int kSendsPerTurn = 8;                   // to a viewer
// Between our shutdown(SHUT_WR) and close(): closing with unread data would turn the reason into a reset.
inline constexpr Duration kDrain = std::chrono::seconds{2};
inline constexpr Duration kSweep = std::chrono::milliseconds{500};
inline constexpr Duration kFactsEvery = std::chrono::seconds{1};
inline constexpr Duration kAcceptPause = std::chrono::milliseconds{100};  // out of descriptors or memory
// Refused publishes reported to the manager; the rest is only logged.
inline constexpr Duration kRefusedReportEvery = std::chrono::milliseconds{50};
// An ingest without a manager and without a publisher ends itself.
inline constexpr Duration kLonelyDeadline = std::chrono::minutes{10};

}  // namespace sluice::ingest
