// Stored messages: snapshots set up by hand, also hostile and half-written ones.
#include <gtest/gtest.h>

#include "handmade_ring.hpp"

namespace sluice::ring {
namespace {

void put_stored(HandmadeRing& ring, std::uint64_t version, const std::vector<Bytes>& payloads) {
  StoredCopy& copy = ring.head().stored[version % 2];
  auto* to = reinterpret_cast<std::byte*>(copy.payloads.data());
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    copy.sizes[i] = payloads[i].size() | (std::uint64_t{7} << 32U);
    copy.kinds[i] = 9;
    std::memcpy(to, payloads[i].data(), payloads[i].size());
    to += padded(payloads[i].size());
  }
  copy.count = payloads.size();
  ring.header().stored_intent = version;
  ring.header().stored_version = version;
}

TEST(RingStored, a_fresh_ring_stores_nothing) {
  HandmadeRing ring;
  EXPECT_TRUE(ring.reader().stored_messages().empty());
}

TEST(RingStored, messages_come_whole_and_in_order) {
  HandmadeRing ring;
  put_stored(ring, 1, {pattern(3), pattern(50, 4)});
  const auto stored = ring.reader().stored_messages();
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].payload, pattern(3));
  EXPECT_EQ(stored[1].payload, pattern(50, 4));
  EXPECT_EQ(stored[1].kind, media::MessageKind::kVideo);
  EXPECT_EQ(stored[1].timestamp_ms, 7U);
}

TEST(RingStored, a_writer_killed_while_it_wrote_the_next_snapshot_leaves_the_last_one) {
  HandmadeRing ring;
  put_stored(ring, 1, {pattern(3)});
  ring.head().stored[0].count = 99;
  ring.header().stored_intent = 2;
  const auto stored = ring.reader().stored_messages();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].payload, pattern(3));
}

TEST(RingStored, a_snapshot_that_is_being_overwritten_is_never_returned) {
  HandmadeRing ring;
  put_stored(ring, 1, {pattern(3)});
  ring.header().stored_intent = 3;
  EXPECT_TRUE(ring.reader().stored_messages().empty());
}

TEST(RingStored, the_area_can_be_filled_to_its_last_byte) {
  HandmadeRing ring;
  put_stored(ring, 1, {pattern(kStoredPayloadBytes)});
  const auto stored = ring.reader().stored_messages();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].payload, pattern(kStoredPayloadBytes));
}

TEST(RingStored, hostile_counts_lengths_and_kinds_are_refused) {
  const auto is_refused = [](auto&& spoil) {
    HandmadeRing ring;
    put_stored(ring, 1, {pattern(8), pattern(8)});
    spoil(ring.head().stored[1]);
    return ring.reader().stored_messages().empty();
  };
  EXPECT_FALSE(is_refused([](StoredCopy&) {}));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.count = kStoredSlots + 1; }));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.count = ~std::uint64_t{0}; }));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.sizes[0] = kStoredPayloadBytes + 1; }));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.sizes[1] = kStoredPayloadBytes - 7; }));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.sizes[1] = 0xFFFFFFFF; }));
  EXPECT_TRUE(is_refused([](StoredCopy& copy) { copy.kinds[1] = 20; }));
}

}  // namespace
}  // namespace sluice::ring
