// Counting and percentiles. Runs in bench_sink and bench_publisher.
#include "tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/clock.hpp"
#include "mark.hpp"

namespace sluice::bench {

std::uint64_t monotonic_ns() {
  const auto since_boot = Clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot).count());
}

std::string Durations::json() const {
  if (us_.empty()) return R"({"count":0,"p50_us":null,"p95_us":null,"p99_us":null,"max_us":null})";
  std::vector<std::uint32_t> sorted = us_;
  std::sort(sorted.begin(), sorted.end());
  // Nearest rank: the smallest value that at least this share of all values does not exceed.
  const auto percentile = [&sorted](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
  };
  return fmt::format(R"({{"count":{},"p50_us":{},"p95_us":{},"p99_us":{},"max_us":{}}})", sorted.size(),
                     percentile(0.50), percentile(0.95), percentile(0.99), sorted.back());
}

void Track::add(const media::MessageView& frame, std::uint64_t arrived_ns, Check check) {
  const auto found = find_mark(frame);
  if (!found) {
    ++unmarked_;
    return;
  }
  const Mark& mark = found->mark;
  latency_.add_ns(arrived_ns - mark.sent_ns);
  if (check == Check::kContent &&
      digest_around(frame.payload, found->offset, mark_bytes(frame.kind)) != mark.digest) {
    ++corrupt_;
  }
  if (seen_any_ && mark.sequence > next_sequence_) lost_ += mark.sequence - next_sequence_;
  if (seen_any_ && mark.sequence < next_sequence_) ++reordered_;
  next_sequence_ = std::max(next_sequence_, mark.sequence + 1);
  seen_any_ = true;
}

void Track::begin_window() {
  latency_.clear();
  lost_ = reordered_ = corrupt_ = unmarked_ = 0;
}

std::string Track::json() const {
  return fmt::format(R"({{"latency":{},"lost":{},"reordered":{},"corrupt":{},"unmarked":{}}})",
                     latency_.json(), lost_, reordered_, corrupt_, unmarked_);
}

}  // namespace sluice::bench
