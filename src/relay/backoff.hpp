// How long to wait before the next try. Sans-I/O; the schedule is docs/architecture.md's.
#pragma once

#include <cstdint>
#include <random>

#include "base/clock.hpp"

namespace sluice::relay {

inline constexpr Duration kFirstRetryMin = std::chrono::milliseconds{500};
inline constexpr Duration kFirstRetryMax = std::chrono::seconds{1};
inline constexpr double kRetryGrowth = 1.7;
inline constexpr Duration kRetryCap = std::chrono::seconds{30};
inline constexpr Duration kFirstRefusal = std::chrono::seconds{30};
inline constexpr Duration kRefusalCap = std::chrono::seconds{120};
// After this much of a healthy session the next failure counts as the first again.
inline constexpr Duration kHealthyAfter = std::chrono::minutes{1};

class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(static_cast<std::minstd_rand::result_type>(seed)) {}

  Duration after_failure();  // 0.5 to 1 s, then ×1.7 up to 30 s, with jitter
  Duration after_refusal();  // 30, 60, 120, 120, … s
  void reset();

 private:
  std::minstd_rand random_;
  int failures_ = 0;
  int refusals_ = 0;
};

}  // namespace sluice::relay
