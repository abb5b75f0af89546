// See the header.
#include "relay/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::relay {

Duration Backoff::after_failure() {
  std::uniform_real_distribution<double> first{std::chrono::duration<double>(kFirstRetryMin).count(),
                                               std::chrono::duration<double>(kFirstRetryMax).count()};
  const double cap = std::chrono::duration<double>(kRetryCap).count();
  const double seconds = std::min(cap, first(random_) * std::pow(kRetryGrowth, std::min(failures_, 32)));
  ++failures_;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Duration Backoff::after_refusal() {
  const Duration wait = kFirstRefusal * (1 << std::min(refusals_, 8));
  ++refusals_;
  return std::min(wait, kRefusalCap);
}

void Backoff::reset() {
  failures_ = refusals_ = 0;
}

}  // namespace sluice::relay
