// The race of a host's addresses under a clock that the test moves.
#include "net/address_race.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using enum Family;
using What = AddressRace::What;
using Order = std::vector<std::size_t>;

Order order(std::vector<Family> families) {
  return dialling_order(families);
}

TEST(DiallingOrder, families_take_turns_and_the_resolvers_first_one_begins) {
  EXPECT_EQ(order({kIpv6, kIpv6, kIpv4, kIpv4}), (Order{0, 2, 1, 3}));
  EXPECT_EQ(order({kIpv4, kIpv6, kIpv6}), (Order{0, 1, 2}));
}

TEST(DiallingOrder, keeps_the_resolvers_order_within_a_family) {
  EXPECT_EQ(order({kIpv4, kIpv4, kIpv4}), (Order{0, 1, 2}));
  EXPECT_EQ(order({kIpv6, kIpv4, kIpv4, kIpv4, kIpv6}), (Order{0, 1, 4, 2, 3}));
}

TEST(DiallingOrder, many_addresses_of_one_family_do_not_crowd_out_the_other) {
  std::vector<Family> families(kMaxAddressesTried, kIpv6);
  EXPECT_EQ(order(families).size(), kMaxAddressesTried);
  families.push_back(kIpv4);
  EXPECT_EQ(order(families), (Order{0, 6, 1, 2, 3, 4}));
  EXPECT_EQ(order({}), Order{});
}

class AddressRaceTest : public testing::Test {
 protected:
  using Steps = std::vector<AddressRace::Step>;

  Steps steps(AddressRace& race) {
    Steps all;
    while (const auto step = race.next(now_)) all.push_back(*step);
    return all;
  }

  Instant now_ = Instant{} + 1h;
};

TEST_F(AddressRaceTest, starts_the_first_address_at_once_and_each_next_one_a_quarter_of_a_second_later) {
  AddressRace race(3, now_);
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 0}}));
  EXPECT_EQ(race.deadline(), now_ + 250ms);
  now_ += 249ms;
  EXPECT_EQ(steps(race), Steps{});
  now_ += 1ms;
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 1}}));
  now_ += 250ms;
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 2}}));
}

TEST_F(AddressRaceTest, a_failure_starts_the_next_address_at_once) {
  AddressRace race(4, now_);
  steps(race);
  now_ += 10ms;
  race.failed(0, now_);
  EXPECT_EQ(race.deadline(), now_);
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 1}}));
  now_ += 250ms;
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 2}}));
  now_ += 10ms;
  race.failed(1, now_);  // the older one of two
  EXPECT_EQ(steps(race), (Steps{{What::kStart, 3}}));
}

TEST_F(AddressRaceTest, a_silent_address_is_given_up_at_its_own_deadline) {
  AddressRace race(2, now_);
  const Instant begin = now_;
  steps(race);
  now_ += 250ms;
  steps(race);
  EXPECT_EQ(race.deadline(), begin + kConnectDeadline);
  now_ = begin + kConnectDeadline;
  EXPECT_EQ(steps(race), (Steps{{What::kGiveUp, 0}}));
  EXPECT_FALSE(race.lost());
  EXPECT_EQ(race.deadline(), begin + 250ms + kConnectDeadline);
  race.failed(1, now_);
  EXPECT_TRUE(race.lost());
  EXPECT_EQ(race.deadline(), std::nullopt);
}

TEST_F(AddressRaceTest, the_late_word_of_an_address_given_up_changes_nothing) {
  AddressRace race(1, now_);
  steps(race);
  now_ += kConnectDeadline;
  EXPECT_EQ(steps(race), (Steps{{What::kGiveUp, 0}}));
  race.failed(0, now_);
  EXPECT_EQ(steps(race), Steps{});
  EXPECT_TRUE(race.lost());
}

TEST_F(AddressRaceTest, is_lost_at_once_when_all_addresses_refuse) {
  AddressRace race(kMaxAddressesTried, now_);
  for (std::size_t address = 0; address < kMaxAddressesTried; ++address) {
    EXPECT_FALSE(race.lost());
    EXPECT_EQ(steps(race), (Steps{{What::kStart, address}}));
    race.failed(address, now_);
  }
  EXPECT_TRUE(race.lost());
}

TEST_F(AddressRaceTest, ends_within_its_deadline_when_no_address_answers) {
  AddressRace race(kMaxAddressesTried, now_);
  const Instant begin = now_;
  std::size_t given_up = 0;
  steps(race);
  while (const auto due = race.deadline()) {
    now_ = *due;
    for (const auto& step : steps(race)) given_up += step.what == What::kGiveUp ? 1 : 0;
  }
  EXPECT_EQ(given_up, kMaxAddressesTried);
  EXPECT_EQ(now_, begin + kRaceDeadline);
}

TEST_F(AddressRaceTest, a_host_without_addresses_has_lost_before_it_begins) {
  const AddressRace race(0, now_);
  EXPECT_TRUE(race.lost());
}

}  // namespace
}  // namespace sluice::net
