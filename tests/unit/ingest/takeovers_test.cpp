// Who may take a source over, and when two encoders fight for it.
#include "ingest/takeovers.hpp"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kStudio = "192.0.2.1:4001";
constexpr const char* kLaptop = "192.0.2.2:4002";

class TakeoversTest : public testing::Test {
 protected:
  // The newcomer calls while the incumbent's last media is `silent` old.
  bool takes(const char* newcomer, const char* incumbent, Duration silent = {}) {
    return takeovers_.allows(newcomer, {incumbent, now_ - silent}, now_);
  }
  void pass(Duration time) { now_ += time; }
  // Each has thrown the other out; the studio holds the source.
  void fight() {
    EXPECT_TRUE(takes(kStudio, kLaptop));
    pass(seconds{2});
    EXPECT_TRUE(takes(kLaptop, kStudio));
    pass(seconds{2});
    EXPECT_TRUE(takes(kStudio, kLaptop));
    pass(seconds{2});
  }

  Takeovers takeovers_;
  Instant now_{std::chrono::hours{1}};
};

TEST_F(TakeoversTest, the_fourth_takeover_within_thirty_seconds_is_refused) {
  fight();
  EXPECT_EQ(takeovers_.kept_out(now_), "");
  EXPECT_FALSE(takes(kLaptop, kStudio));
  EXPECT_EQ(takeovers_.kept_out(now_), kLaptop);
}

TEST_F(TakeoversTest, takeovers_further_apart_are_no_fight) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(takes(i % 2 == 0 ? kLaptop : kStudio, i % 2 == 0 ? kStudio : kLaptop)) << i;
    pass(seconds{10});
  }
  EXPECT_EQ(takeovers_.kept_out(now_), "");
}

TEST_F(TakeoversTest, the_same_address_always_wins_whatever_its_port) {
  fight();
  EXPECT_TRUE(takes("192.0.2.1:9", kStudio));
  EXPECT_FALSE(takes(kLaptop, kStudio));
  EXPECT_TRUE(takes("192.0.2.1:10", kStudio));
  EXPECT_EQ(takeovers_.kept_out(now_), kLaptop);
}

TEST_F(TakeoversTest, an_encoder_that_loses_its_connection_often_is_no_fight) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(takes("192.0.2.1:9", kStudio));
    pass(seconds{1});
  }
  EXPECT_TRUE(takes(kLaptop, kStudio));
}

TEST_F(TakeoversTest, ipv6_addresses_are_told_apart) {
  EXPECT_TRUE(takes("[2001:db8::1]:1", "[2001:db8::2]:1"));
  EXPECT_TRUE(takes("[2001:db8::2]:1", "[2001:db8::1]:1"));
  EXPECT_TRUE(takes("[2001:db8::1]:1", "[2001:db8::2]:1"));
  EXPECT_FALSE(takes("[2001:db8::2]:1", "[2001:db8::1]:1"));
  EXPECT_TRUE(takes("[2001:db8::1]:2", "[2001:db8::1]:1"));
}

TEST_F(TakeoversTest, an_incumbent_that_does_not_deliver_loses_even_in_a_fight) {
  fight();
  EXPECT_FALSE(takes(kLaptop, kStudio, kDelivers - milliseconds{1}));
  EXPECT_TRUE(takes(kLaptop, kStudio, kDelivers));
  EXPECT_EQ(takeovers_.kept_out(now_), "") << "it publishes now";
}

TEST_F(TakeoversTest, the_fight_lasts_until_nobody_has_tried_for_thirty_seconds) {
  fight();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(takes(kLaptop, kStudio)) << i;
    pass(kFight - milliseconds{1});
    EXPECT_EQ(takeovers_.kept_out(now_), kLaptop);
  }
  EXPECT_FALSE(takes(kLaptop, kStudio));
  pass(kFight);
  EXPECT_EQ(takeovers_.kept_out(now_), "");
  EXPECT_TRUE(takes(kLaptop, kStudio));
}

TEST_F(TakeoversTest, a_source_that_was_vacated_begins_anew) {
  fight();
  EXPECT_FALSE(takes(kLaptop, kStudio));
  takeovers_.vacated();
  EXPECT_EQ(takeovers_.kept_out(now_), "");
  EXPECT_TRUE(takes(kStudio, kLaptop));
}

}  // namespace
}  // namespace sluice::ingest
