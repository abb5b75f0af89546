// Where a reader may begin: entries set up by hand.
#include <gtest/gtest.h>

#include <limits>

#include "handmade_ring.hpp"

namespace sluice::ring {
namespace {

constexpr Position kAnywhere = std::numeric_limits<Position>::max();
constexpr std::uint64_t kEpoch = make_epoch(1, 3);

class RingEntries : public testing::Test {
 protected:
  RingEntries() {
    ring.header().epoch = kEpoch;
    ring.set_window(4000, 4000);
  }
  std::optional<Position> newest(Position limit = kAnywhere) {
    const auto entry = ring.reader().newest_entry_until(limit);
    return entry ? std::optional(entry->position) : std::nullopt;
  }
  HandmadeRing ring;
};

TEST_F(RingEntries, without_entries_there_is_nowhere_to_begin) {
  EXPECT_EQ(newest(), std::nullopt);
}

TEST_F(RingEntries, the_newest_entry_wins_and_says_its_generation) {
  ring.put_entry(0, 0, kEpoch);
  ring.put_entry(1, 800, kEpoch);
  const auto entry = ring.reader().newest_entry_until(kAnywhere);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->position, 800U);
  EXPECT_EQ(entry->generation, 1U);
}

TEST_F(RingEntries, a_successor_begins_at_or_before_the_position_it_was_given) {
  ring.put_entry(0, 80, kEpoch);
  ring.put_entry(1, 800, kEpoch);
  ring.put_entry(2, 1600, kEpoch);
  EXPECT_EQ(newest(1599), 800U);
  EXPECT_EQ(newest(800), 800U);
  EXPECT_EQ(newest(799), 80U);
  EXPECT_EQ(newest(79), std::nullopt);
}

TEST_F(RingEntries, a_change_of_headers_hides_older_entries) {
  ring.put_entry(0, 0, kEpoch);
  ring.header().epoch = make_epoch(1, 4);
  EXPECT_EQ(newest(), std::nullopt);
  ring.put_entry(1, 800, make_epoch(1, 4));
  EXPECT_EQ(newest(), 800U);
  EXPECT_EQ(newest(799), std::nullopt);
}

TEST_F(RingEntries, a_new_generation_hides_older_entries) {
  ring.put_entry(0, 0, kEpoch);
  ring.header().epoch = make_epoch(2, 3);
  EXPECT_EQ(newest(), std::nullopt);
}

TEST_F(RingEntries, an_entry_whose_record_is_being_overwritten_does_not_count) {
  ring.put_entry(0, 80, kEpoch);
  ring.set_window(80 + kSmallRing, 80 + kSmallRing);
  EXPECT_EQ(newest(), 80U);
  ring.set_window(88 + kSmallRing, 80 + kSmallRing);
  EXPECT_EQ(newest(), std::nullopt);
}

TEST_F(RingEntries, an_entry_that_points_at_no_published_record_does_not_count) {
  ring.put_entry(0, 80, kEpoch);
  ring.put_entry(1, 4000, kEpoch);
  EXPECT_EQ(newest(), 80U);
}

TEST_F(RingEntries, a_slot_that_is_half_written_is_skipped) {
  ring.put_entry(0, 80, kEpoch);
  ring.put_entry(1, 800, kEpoch);
  ring.head().entries[1].ordinal = 0;
  EXPECT_EQ(newest(), 80U);
}

TEST_F(RingEntries, a_slot_that_was_taken_by_a_newer_entry_is_not_read_as_the_older_one) {
  ring.put_entry(0, 80, kEpoch);
  ring.put_entry(kEntrySlots, 800, kEpoch);
  EXPECT_EQ(newest(), 800U);
  EXPECT_EQ(newest(799), std::nullopt);
}

TEST_F(RingEntries, a_hostile_count_is_survived) {
  ring.put_entry(0, 80, kEpoch);
  ring.header().entry_count = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(newest(), std::nullopt);
}

TEST_F(RingEntries, an_entry_is_current_until_the_headers_change) {
  ring.put_entry(0, 80, kEpoch);
  ring.put_entry(1, 800, kEpoch);
  const ReadCore reader = ring.reader();
  const Entry older{.position = 80, .generation = 1};
  EXPECT_TRUE(reader.is_current(older));
  EXPECT_FALSE(reader.is_current({.position = 88, .generation = 1}));
  ring.header().epoch = make_epoch(1, 4);
  EXPECT_FALSE(reader.is_current(older));
}

}  // namespace
}  // namespace sluice::ring
