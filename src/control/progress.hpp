// The progress page: 4 KiB of shared memory per stream, made by the manager, written by the relay, read by
// anyone who maps it. It outlives the relay: the next one continues from it, and a dead one can be read.
//
// Every field is an atomic of its own with relaxed order, but `position`, which is guarded by a sequence
// counter together with `ring_id` because both must fit. Stale values are fine everywhere else.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <system_error>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "os/shared_memory.hpp"
#include "ring/ring.hpp"

namespace sluice::control {

inline constexpr std::size_t kProgressPageBytes = 4096;
inline constexpr std::uint32_t kProgressMagic = 0x534C5031;  // "SLP1"
inline constexpr Duration kHeartbeatEvery = std::chrono::milliseconds{500};
inline constexpr Duration kHeartbeatLost = std::chrono::seconds{3};

struct ProgressPage {
  std::uint32_t magic;  // constant after construction
  std::uint32_t version;
  std::atomic<std::uint64_t> heartbeat_ns;  // CLOCK_MONOTONIC, written by the relay
  std::atomic<std::uint64_t> sequence;      // odd while ring_id and position change
  std::array<std::atomic<std::uint64_t>, 2> ring_id;
  std::atomic<std::uint64_t> position;  // end of the last message handed to the socket
  // Counters since the stream was enabled; a replaced relay goes on counting.
  std::atomic<std::uint64_t> sent_bytes;
  std::atomic<std::uint64_t> sent_kbps;
  std::atomic<std::uint64_t> behind_ms;
  std::atomic<std::uint64_t> rtt_us;
  std::atomic<std::uint64_t> retransmits;
  std::atomic<std::uint64_t> dropped_video;
  std::atomic<std::uint64_t> dropped_audio;
  std::atomic<std::uint64_t> reconnects;
};
static_assert(sizeof(ProgressPage) <= kProgressPageBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

struct Progress {
  ring::RingId ring_id;
  ring::Position position = 0;
};

class ProgressMap {
 public:
  // By the manager.
  static std::expected<ProgressMap, std::error_code> create(const char* name);
  // By whoever got the descriptor. EINVAL when it is no progress page.
  static std::expected<ProgressMap, std::error_code> open(UniqueFd fd);

  int fd() const { return fd_.get(); }
  ProgressPage& page() const { return *reinterpret_cast<ProgressPage*>(mapping_.data()); }

  void store_position(const Progress& progress) const;  // writer side
  std::optional<Progress> load_position() const;        // nullopt: nothing sent yet
  void beat(Instant now) const;
  Instant last_beat() const;

 private:
  UniqueFd fd_;
  os::Mapping mapping_;
};

}  // namespace sluice::control
