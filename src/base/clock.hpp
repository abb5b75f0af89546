// Time as every sans-I/O machine receives it: handed in, never asked for.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice {

// CLOCK_MONOTONIC. All deadlines, lags and arrival times.
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

// Rounded towards zero.
constexpr std::int64_t whole_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// Only for what people read (`since`, `next_try_at`).
using WallClock = std::chrono::system_clock;
using WallTime = WallClock::time_point;

}  // namespace sluice
