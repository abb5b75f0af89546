// Wall-clock times. Runs in the manager.
#include "manager/times.hpp"

#include <fmt/format.h>

#include <ctime>

namespace sluice::manager {

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(WallClock::now().time_since_epoch()).count();
}

std::int64_t wall_ms(Instant at) {
  return wall_ms() + std::chrono::duration_cast<std::chrono::milliseconds>(at - Clock::now()).count();
}

std::string rfc3339(std::int64_t epoch_ms) {
  const std::int64_t ms = ((epoch_ms % 1000) + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((epoch_ms - ms) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
}

}  // namespace sluice::manager
