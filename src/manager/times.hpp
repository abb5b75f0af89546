// Wall-clock times as the API shows them. Runs in the manager.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace sluice::manager {

std::int64_t wall_ms();                      // now, ms since the epoch
std::int64_t wall_ms(Instant at);            // of a monotonic time
std::string rfc3339(std::int64_t epoch_ms);  // 2026-11-23T19:40:00.123Z

}  // namespace sluice::manager
