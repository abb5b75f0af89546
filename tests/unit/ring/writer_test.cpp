// What a writer puts into a ring, seen through a reader of the same sealed memory.
#include "ring/writer.hpp"

#include <gtest/gtest.h>

#include "handmade_ring.hpp"

namespace sluice::ring {
namespace {

using media::MessageKind;
using media::Traits;

constexpr Traits kPlain{};
constexpr Traits kKeyFrame{.is_key_frame = true};
constexpr Traits kHeader{.is_sequence_header = true};
constexpr Traits kMetadata{.is_metadata = true};

class RingWriter : public testing::Test {
 protected:
  RingWriter() : writer(Writer::create(kSmallRing).value()), reader(Reader::open(writer.fd()).value()) {
    writer.begin_generation();
  }
  Position put(MessageKind kind, const Traits& traits, const Bytes& payload, Instant arrival = Instant{}) {
    const auto written = writer.append({kind, 40, payload}, traits, arrival);
    EXPECT_TRUE(written);
    return written.value_or(0);
  }
  std::optional<Position> entry() const {
    const auto found = reader.newest_entry();
    return found ? std::optional(found->position) : std::nullopt;
  }
  std::vector<Bytes> stored() const {
    std::vector<Bytes> payloads;
    for (const StoredMessage& message : reader.stored_messages()) payloads.push_back(message.payload);
    return payloads;
  }
  Writer writer;
  Reader reader;
};

TEST_F(RingWriter, readers_get_each_message_once_and_in_order_over_many_laps) {
  Position cursor = 0;
  Record record;
  for (std::size_t i = 0; i < 500; ++i) {
    const Bytes payload = pattern(i * 31 % 9000, static_cast<std::uint8_t>(i));
    const Instant arrival{std::chrono::milliseconds{i}};
    const Position position = put(MessageKind::kVideo, kPlain, payload, arrival);
    ASSERT_EQ(reader.next(cursor, record), ReadResult::kMessage) << i;
    ASSERT_EQ(record.payload, payload) << i;
    ASSERT_EQ(record.position, position);
    ASSERT_EQ(record.arrival, arrival);
    ASSERT_EQ(cursor, writer.end());
    ASSERT_EQ(reader.next(cursor, record), ReadResult::kEmpty);
  }
  EXPECT_GT(writer.end(), 20 * kSmallRing);
}

TEST_F(RingWriter, a_reader_that_was_lapped_goes_on_at_the_newest_key_frame) {
  Position cursor = 0;
  for (int i = 0; i < 20; ++i) put(MessageKind::kVideo, kPlain, pattern(8000));
  Record record;
  ASSERT_EQ(reader.next(cursor, record), ReadResult::kLapped);
  const Position key = put(MessageKind::kVideo, kKeyFrame, pattern(100, 5));
  put(MessageKind::kVideo, kPlain, pattern(100));
  cursor = reader.newest_entry().value().position;
  EXPECT_EQ(cursor, key);
  ASSERT_EQ(reader.next(cursor, record), ReadResult::kMessage);
  EXPECT_TRUE(record.is_key_frame);
  EXPECT_EQ(record.payload, pattern(100, 5));
}

TEST_F(RingWriter, the_largest_message_fits_and_one_byte_more_leaves_the_ring_as_it_was) {
  put(MessageKind::kVideo, kPlain, pattern(kLargestPayload));
  const Position end = writer.end();
  const Bytes too_large = pattern(kLargestPayload + 1);
  EXPECT_EQ(writer.append({MessageKind::kVideo, 0, too_large}, kHeader, Instant{}).error(),
            RingError::kMessageTooLarge);
  EXPECT_EQ(writer.end(), end);
  EXPECT_EQ(reader.end(), end);
  EXPECT_TRUE(stored().empty());
}

TEST_F(RingWriter, an_end_of_sequence_and_an_empty_message_are_ordinary_records) {
  put(MessageKind::kVideo, {.is_end_of_sequence = true}, pattern(5));
  put(MessageKind::kAudio, {.is_empty = true}, {});
  Position cursor = 0;
  Record record;
  EXPECT_EQ(reader.next(cursor, record), ReadResult::kMessage);
  EXPECT_EQ(record.payload, pattern(5));
  EXPECT_EQ(reader.next(cursor, record), ReadResult::kMessage);
  EXPECT_EQ(record.kind, MessageKind::kAudio);
  EXPECT_TRUE(record.payload.empty());
}

TEST_F(RingWriter, generation_and_state_follow_the_publisher) {
  EXPECT_EQ(reader.generation(), 1U);
  EXPECT_EQ(reader.state(), SourceState::kPublishing);
  writer.set_state(SourceState::kBroken);
  EXPECT_EQ(reader.state(), SourceState::kBroken);
  writer.begin_generation();
  EXPECT_EQ(reader.generation(), 2U);
  EXPECT_EQ(reader.state(), SourceState::kPublishing);
  writer.set_state(SourceState::kEnded);
  EXPECT_EQ(reader.state(), SourceState::kEnded);
}

TEST_F(RingWriter, a_new_generation_forgets_headers_and_entries_but_not_records) {
  put(MessageKind::kVideo, kHeader, pattern(10));
  const Position key = put(MessageKind::kVideo, kKeyFrame, pattern(20));
  writer.begin_generation();
  EXPECT_EQ(entry(), std::nullopt);
  EXPECT_TRUE(stored().empty());
  Position cursor = key;
  Record record;
  ASSERT_EQ(reader.next(cursor, record), ReadResult::kMessage);
  EXPECT_EQ(record.generation, 1U);
}

TEST_F(RingWriter, metadata_stands_first_and_headers_follow_by_kind_and_track) {
  put(MessageKind::kVideo, kHeader, pattern(10, 1));
  put(MessageKind::kAudio, kHeader, pattern(10, 2));
  put(MessageKind::kVideo, {.is_sequence_header = true, .is_multitrack = true, .track = 1}, pattern(10, 3));
  put(MessageKind::kData, kMetadata, pattern(10, 4));
  EXPECT_EQ(stored(), (std::vector<Bytes>{pattern(10, 4), pattern(10, 1), pattern(10, 2), pattern(10, 3)}));
  put(MessageKind::kVideo, kHeader, pattern(12, 9));
  EXPECT_EQ(stored(), (std::vector<Bytes>{pattern(10, 4), pattern(12, 9), pattern(10, 2), pattern(10, 3)}));
}

TEST_F(RingWriter, repeated_headers_and_changing_metadata_keep_the_entries) {
  put(MessageKind::kVideo, kHeader, pattern(10));
  const Position key = put(MessageKind::kVideo, kKeyFrame, pattern(20));
  put(MessageKind::kVideo, kHeader, pattern(10));
  put(MessageKind::kData, kMetadata, pattern(30));
  put(MessageKind::kData, kMetadata, pattern(31));
  EXPECT_EQ(entry(), key);
}

TEST_F(RingWriter, the_first_header_of_a_late_track_keeps_the_entries) {
  put(MessageKind::kVideo, kHeader, pattern(10));
  const Position key = put(MessageKind::kVideo, kKeyFrame, pattern(20));
  put(MessageKind::kAudio, kHeader, pattern(4));
  EXPECT_EQ(entry(), key);
}

TEST_F(RingWriter, a_changed_header_hides_the_entries_until_the_next_key_frame) {
  put(MessageKind::kVideo, kHeader, pattern(10));
  put(MessageKind::kVideo, kKeyFrame, pattern(20));
  const Entry before = reader.newest_entry().value();
  put(MessageKind::kVideo, kHeader, pattern(10, 1));
  EXPECT_EQ(entry(), std::nullopt);
  EXPECT_FALSE(reader.is_current(before));
  const Position key = put(MessageKind::kVideo, kKeyFrame, pattern(20));
  EXPECT_EQ(entry(), key);
  EXPECT_EQ(reader.entry_before(key - 1), std::nullopt);
}

TEST_F(RingWriter, stored_messages_are_limited_in_number_and_the_rest_still_flows) {
  for (std::size_t track = 0; track < kStoredSlots + 1; ++track) {
    put(MessageKind::kVideo, {.is_sequence_header = true, .track = static_cast<std::uint8_t>(track)},
        pattern(10, static_cast<std::uint8_t>(track)));
  }
  EXPECT_EQ(stored().size(), kStoredSlots);
  EXPECT_EQ(reader.end(), (kStoredSlots + 1) * record_bytes(10));
}

TEST(RingWriterLimits, a_header_that_does_not_fit_is_not_stored_nor_its_predecessor_kept) {
  auto writer = Writer::create(4U << 20U).value();
  const auto reader = Reader::open(writer.fd()).value();
  writer.begin_generation();
  const Bytes fits = pattern(kStoredPayloadBytes);
  const Bytes too_large = pattern(kStoredPayloadBytes + 1);
  ASSERT_TRUE(writer.append({MessageKind::kVideo, 0, fits}, kHeader, Instant{}));
  EXPECT_EQ(reader.stored_messages().size(), 1U);
  ASSERT_TRUE(writer.append({MessageKind::kVideo, 0, too_large}, kHeader, Instant{}));
  EXPECT_TRUE(reader.stored_messages().empty());
}

TEST_F(RingWriter, audio_is_an_entry_once_a_second_where_there_is_no_video) {
  const auto at = [](int ms) { return Instant{std::chrono::milliseconds{ms}}; };
  put(MessageKind::kAudio, kHeader, pattern(4), at(0));
  EXPECT_EQ(entry(), std::nullopt) << "a header alone is nothing to begin with";
  const Position first = put(MessageKind::kAudio, kPlain, pattern(20), at(10));
  put(MessageKind::kAudio, kPlain, pattern(20), at(1009));
  EXPECT_EQ(entry(), first);
  const Position second = put(MessageKind::kAudio, kPlain, pattern(20), at(1010));
  EXPECT_EQ(entry(), second);
}

TEST_F(RingWriter, the_first_video_message_ends_and_hides_audio_entries) {
  put(MessageKind::kAudio, kPlain, pattern(20));
  ASSERT_TRUE(entry());
  put(MessageKind::kVideo, kPlain, pattern(20));
  EXPECT_EQ(entry(), std::nullopt);
  put(MessageKind::kAudio, kPlain, pattern(20), Instant{std::chrono::seconds{5}});
  EXPECT_EQ(entry(), std::nullopt);
}

TEST_F(RingWriter, more_key_frames_than_index_slots_leave_the_newest_ones) {
  std::vector<Position> keys;
  for (std::size_t i = 0; i < kEntrySlots + 10; ++i) {
    keys.push_back(put(MessageKind::kVideo, kKeyFrame, pattern(8)));
  }
  EXPECT_EQ(entry(), keys.back());
  EXPECT_EQ(reader.entry_before(keys[10]).value().position, keys[10]);
  EXPECT_EQ(reader.entry_before(keys[9]), std::nullopt);
}

}  // namespace
}  // namespace sluice::ring
