// See the header.
#include "relay/timeline.hpp"

#include <algorithm>
#include <utility>

namespace sluice::relay {
namespace {

// The time that equals `low` modulo 2^32 and is nearest to `base`.
std::int64_t near(std::int64_t base, std::uint32_t low) {
  return base + static_cast<std::int32_t>(low - static_cast<std::uint32_t>(base));
}

bool follows(std::int64_t step_ms, std::int64_t passed_ms) {
  return step_ms >= -kMaxDisorderMs && step_ms <= passed_ms + kMaxRunAheadMs;
}

}  // namespace

void Timeline::anchor(std::uint32_t source_ms, std::int64_t session_ms) {
  offset_ms_ = static_cast<std::uint32_t>(session_ms) - source_ms;
  former_offset_ms_.reset();
  clocks_.clear();
  latest_ms_ = session_ms;
}

Timeline::Clock* Timeline::clock_of(const Track& track) {
  const auto found = std::ranges::find(clocks_, track, &Clock::track);
  if (found != clocks_.end()) return &*found;
  return clocks_.size() < kMaxTracks ? nullptr : &clocks_.back();
}

std::int64_t Timeline::map(const Track& track, std::uint32_t source_ms, Instant arrival) {
  Clock* clock = clock_of(track);
  if (clock == nullptr) {
    clocks_.push_back({track, first_time(source_ms, arrival), arrival});
    clock = &clocks_.back();
  } else {
    clock->last_ms = std::max(clock->last_ms, next_time(*clock, source_ms, arrival));
    clock->last_arrival = arrival;
  }
  latest_ms_ = std::max(latest_ms_, clock->last_ms);
  return clock->last_ms;
}

// A track may appear just when the clock jumps: on the side before (the others have jumped, it has not), or
// as the first to be beyond. Then the jump is made here, and the others follow.
std::int64_t Timeline::first_time(std::uint32_t source_ms, Instant arrival) {
  const std::int64_t passed = clocks_.empty() ? 0 : whole_ms(arrival - clocks_.back().last_arrival);
  const auto is_near = [&](std::int64_t time) {
    return time >= latest_ms_ - kMaxRunAheadMs && time <= latest_ms_ + passed + kMaxRunAheadMs;
  };
  const std::int64_t time = near(latest_ms_, source_ms + offset_ms_);
  if (is_near(time)) return time;
  if (former_offset_ms_) {
    const std::int64_t before = near(latest_ms_, source_ms + *former_offset_ms_);
    if (is_near(before)) return before;
  }
  const std::int64_t resumed = latest_ms_ + passed;
  jump(source_ms, resumed);
  return resumed;
}

std::int64_t Timeline::next_time(const Clock& clock, std::uint32_t source_ms, Instant arrival) {
  const std::int64_t passed = std::max<std::int64_t>(1, whole_ms(arrival - clock.last_arrival));
  const std::int64_t time = near(clock.last_ms, source_ms + offset_ms_);
  if (follows(time - clock.last_ms, passed)) return time;
  if (former_offset_ms_) {
    const std::int64_t before = near(clock.last_ms, source_ms + *former_offset_ms_);
    if (follows(before - clock.last_ms, passed)) {
      // It has yet to jump, or the clock has jumped back: then the others follow it.
      std::swap(offset_ms_, *former_offset_ms_);
      return before;
    }
  }
  const std::int64_t resumed = clock.last_ms + passed;
  jump(source_ms, resumed);
  return resumed;
}

void Timeline::jump(std::uint32_t source_ms, std::int64_t session_ms) {
  ++jumps_;
  former_offset_ms_ = offset_ms_;
  offset_ms_ = static_cast<std::uint32_t>(session_ms) - source_ms;
}

std::int64_t Timeline::peek(std::uint32_t source_ms) const {
  return near(latest_ms_, source_ms + offset_ms_);
}

}  // namespace sluice::relay
