// Time as every sans-I/O machine receives it: handed in, never asked for.
#pragma once

#include <chrono>

namespace sluice {

// CLOCK_MONOTONIC. All deadlines, lags and arrival times.
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

// Only for what people read (`since`, `next_try_at`).
using WallClock = std::chrono::system_clock;
using WallTime = WallClock::time_point;

}  // namespace sluice
