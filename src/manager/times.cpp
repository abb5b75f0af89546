// Wall-clock times. Runs in the manager.
#include "manager/times.hpp"

#include <fmt/format.h>

#include <charconv>
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

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  const std::int64_t epoch_ms = std::int64_t{timegm(&parts)} * 1000 + number(20, 3);
  // Whatever is wrong with it, it would be written in another way.
  return rfc3339(epoch_ms) == text ? std::optional(epoch_ms) : std::nullopt;
}

}  // namespace sluice::manager
