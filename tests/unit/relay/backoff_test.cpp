// The retry schedule.
#include "relay/backoff.hpp"

#include <gtest/gtest.h>

namespace sluice::relay {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, the_first_retry_comes_after_half_to_one_second) {
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    const Duration wait = Backoff{seed}.after_failure();
    EXPECT_GE(wait, 500ms);
    EXPECT_LE(wait, 1s);
  }
}

TEST(Backoff, failures_grow_to_thirty_seconds_and_stay_there) {
  Backoff backoff{7};
  Duration longest{};
  for (int i = 0; i < 100; ++i) longest = std::max(longest, backoff.after_failure());
  EXPECT_EQ(longest, 30s);
  EXPECT_EQ(backoff.after_failure(), 30s);
}

TEST(Backoff, refusals_wait_30_60_120_120_seconds) {
  Backoff backoff{7};
  EXPECT_EQ(backoff.after_refusal(), 30s);
  EXPECT_EQ(backoff.after_refusal(), 60s);
  EXPECT_EQ(backoff.after_refusal(), 120s);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(backoff.after_refusal(), 120s);
}

TEST(Backoff, begins_anew_after_a_reset) {
  Backoff backoff{7};
  for (int i = 0; i < 20; ++i) backoff.after_failure();
  backoff.reset();
  EXPECT_LE(backoff.after_failure(), 1s);
}

TEST(Backoff, two_relays_do_not_retry_in_step) {
  Backoff one{1};
  Backoff two{2};
  EXPECT_NE(one.after_failure(), two.after_failure());
}

}  // namespace
}  // namespace sluice::relay
