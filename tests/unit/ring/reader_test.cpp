// Reading records out of states set up by hand: one test per rule of docs/ring-format.md.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "handmade_ring.hpp"

namespace sluice::ring {
namespace {

struct Read {
  ReadResult result;
  Position position;
  Record record;
};
Read read_at(HandmadeRing& ring, Position position) {
  Read read{.result = {}, .position = position, .record = {}};
  read.result = ring.reader().next(read.position, read.record);
  return read;
}

TEST(RingReader, a_fresh_ring_is_empty_idle_and_of_no_generation) {
  HandmadeRing ring;
  EXPECT_EQ(read_at(ring, 0).result, ReadResult::kEmpty);
  EXPECT_EQ(ring.reader().state(), SourceState::kIdle);
  EXPECT_EQ(ring.reader().generation(), 0U);
}

TEST(RingReader, one_record_arrives_with_every_field_and_moves_the_cursor_behind_it) {
  HandmadeRing ring;
  const Bytes payload = pattern(13);
  ring.put_record(0, payload);
  ring.set_window(48, 48);
  const Read read = read_at(ring, 0);
  ASSERT_EQ(read.result, ReadResult::kMessage);
  EXPECT_EQ(read.position, 48U);
  EXPECT_EQ(read.record.position, 0U);
  EXPECT_EQ(read.record.payload, payload);
  EXPECT_EQ(read.record.kind, media::MessageKind::kVideo);
  EXPECT_EQ(read.record.timestamp_ms, 40U);
  EXPECT_EQ(read.record.generation, 1U);
  EXPECT_TRUE(read.record.is_key_frame);
  EXPECT_FALSE(read.record.is_sequence_header);
  EXPECT_EQ(read.record.arrival.time_since_epoch(), std::chrono::nanoseconds{1234});
}

TEST(RingReader, a_record_without_payload_is_a_message) {
  HandmadeRing ring;
  ring.put_record(0, {});
  ring.set_window(32, 32);
  const Read read = read_at(ring, 0);
  EXPECT_EQ(read.result, ReadResult::kMessage);
  EXPECT_TRUE(read.record.payload.empty());
  EXPECT_EQ(read.position, 32U);
}

TEST(RingReader, a_record_across_the_end_of_the_data_is_whole) {
  // With the end in the payload, in the header, and exactly between the two.
  for (const std::uint64_t before_end : {8U, 16U, 24U, 32U, 40U, 1000U}) {
    HandmadeRing ring;
    const Position position = 3 * kSmallRing - before_end;
    const Bytes payload = pattern(2000, static_cast<std::uint8_t>(before_end));
    ring.put_record(position, payload);
    const Position end = position + record_bytes(payload.size());
    ring.set_window(end, end);
    const Read read = read_at(ring, position);
    ASSERT_EQ(read.result, ReadResult::kMessage) << before_end;
    EXPECT_EQ(read.record.payload, payload) << before_end;
    EXPECT_EQ(read.position, end);
  }
}

TEST(RingReader, a_record_that_ends_exactly_at_the_end_is_followed_by_one_at_the_beginning) {
  HandmadeRing ring;
  const Position first = kSmallRing - 64;
  ring.put_record(first, pattern(32));
  ring.put_record(kSmallRing, pattern(8, 1));
  ring.set_window(kSmallRing + 40, kSmallRing + 40);
  const Read one = read_at(ring, first);
  ASSERT_EQ(one.result, ReadResult::kMessage);
  EXPECT_EQ(one.position, kSmallRing);
  const Read two = read_at(ring, one.position);
  ASSERT_EQ(two.result, ReadResult::kMessage);
  EXPECT_EQ(two.record.payload, pattern(8, 1));
}

TEST(RingReader, the_oldest_record_is_readable_until_the_writer_intends_to_overwrite_it) {
  HandmadeRing ring;
  const Position position = 4096;
  ring.put_record(position, pattern(8));
  ring.set_window(position + kSmallRing, position + kSmallRing);
  EXPECT_EQ(read_at(ring, position).result, ReadResult::kMessage);
  // Nothing was overwritten yet, but it may be at any moment.
  ring.set_window(position + kSmallRing + 8, position + kSmallRing);
  EXPECT_EQ(read_at(ring, position).result, ReadResult::kLapped);
}

TEST(RingReader, a_cursor_more_than_a_ring_behind_is_lapped) {
  HandmadeRing ring;
  ring.put_record(0, pattern(8));
  ring.set_window(5 * kSmallRing, 5 * kSmallRing);
  EXPECT_EQ(read_at(ring, 0).result, ReadResult::kLapped);
}

TEST(RingReader, a_cursor_that_names_no_record_is_lapped) {
  HandmadeRing ring;
  ring.put_record(0, pattern(100));
  ring.set_window(136, 136);
  EXPECT_EQ(read_at(ring, 4).result, ReadResult::kLapped) << "not at a multiple of a word";
  EXPECT_EQ(read_at(ring, 40).result, ReadResult::kLapped) << "in the middle of a record";
  EXPECT_EQ(read_at(ring, 144).result, ReadResult::kLapped) << "beyond the end";
  EXPECT_EQ(read_at(ring, std::numeric_limits<Position>::max() - 7).result, ReadResult::kLapped);
}

TEST(RingReader, a_lapped_cursor_stays_where_it_was) {
  HandmadeRing ring;
  ring.set_window(5 * kSmallRing, 5 * kSmallRing);
  EXPECT_EQ(read_at(ring, 8).position, 8U);
}

class HostileRecord : public testing::TestWithParam<std::function<void(RecordHeader&)>> {};

TEST_P(HostileRecord, is_treated_as_lapped_and_takes_no_memory) {
  HandmadeRing ring;
  RecordHeader record = ring.put_record(0, pattern(64));
  ring.set_window(96, 96);
  ASSERT_EQ(read_at(ring, 0).result, ReadResult::kMessage);
  GetParam()(record);
  ring.put_header(0, record);
  const Read read = read_at(ring, 0);
  EXPECT_EQ(read.result, ReadResult::kLapped);
  EXPECT_EQ(read.record.payload.capacity(), 0U);
}
INSTANTIATE_TEST_SUITE_P(RingReader, HostileRecord,
                         testing::Values([](RecordHeader& r) { r.payload_bytes = 0xFFFFFFFF; },
                                         [](RecordHeader& r) { r.payload_bytes = 0xFFFFFFF9; },
                                         [](RecordHeader& r) { r.payload_bytes = kLargestPayload + 1; },
                                         [](RecordHeader& r) { r.payload_bytes = kLargestPayload; },
                                         [](RecordHeader& r) { r.payload_bytes = 65; },
                                         [](RecordHeader& r) { r.kind = 0; },
                                         [](RecordHeader& r) { r.kind = 17; },
                                         [](RecordHeader& r) { r.position = 8; },
                                         [](RecordHeader& r) { r.position = kSmallRing; }));

TEST(RingReader, the_largest_record_is_read_and_one_byte_more_is_not) {
  HandmadeRing ring;
  RecordHeader record = ring.put_record(0, pattern(kLargestPayload));
  ring.set_window(kSmallRing, kSmallRing);
  EXPECT_EQ(read_at(ring, 0).result, ReadResult::kMessage);
  ++record.payload_bytes;
  ring.put_header(0, record);
  EXPECT_EQ(read_at(ring, 0).result, ReadResult::kLapped);
}

TEST(RingReader, a_tail_that_claims_more_than_a_ring_is_lapped) {
  HandmadeRing ring;
  ring.put_record(0, pattern(8));
  ring.set_window(40, std::numeric_limits<Position>::max());
  EXPECT_EQ(read_at(ring, 0).result, ReadResult::kLapped);
}

TEST(RingReader, an_unknown_state_reads_as_broken) {
  HandmadeRing ring;
  ring.header().state = 77;
  EXPECT_EQ(ring.reader().state(), SourceState::kBroken);
}

TEST(RingReader, one_record_object_serves_for_messages_of_any_size_without_new_memory) {
  HandmadeRing ring;
  ring.put_record(0, pattern(4000));
  ring.put_record(4032, pattern(16));
  ring.put_record(4080, pattern(4000, 9));
  ring.set_window(8112, 8112);
  const ReadCore reader = ring.reader();
  Position position = 0;
  Record record;
  ASSERT_EQ(reader.next(position, record), ReadResult::kMessage);
  const auto* memory = record.payload.data();
  ASSERT_EQ(reader.next(position, record), ReadResult::kMessage);
  ASSERT_EQ(reader.next(position, record), ReadResult::kMessage);
  EXPECT_EQ(record.payload.data(), memory);
  EXPECT_EQ(record.payload, pattern(4000, 9));
}

}  // namespace
}  // namespace sluice::ring
