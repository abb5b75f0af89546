// Wall-clock times as the API shows them. Runs in the manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace sluice::manager {

std::int64_t wall_ms();                      // now, ms since the epoch
std::int64_t wall_ms(Instant at);            // of a monotonic time
std::string rfc3339(std::int64_t epoch_ms);  // 2026-11-23T19:40:00.123Z
// nullopt: not what rfc3339() writes.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace sluice::manager
