// A ring that several streams of a process read in turn.
#include "relay/ring_source.hpp"

#include <gtest/gtest.h>

#include "media/inspect.hpp"
#include "ring/writer.hpp"

namespace sluice::relay {
namespace {

using Readers = RingSource::Readers;

class RingSourceTest : public testing::Test {
 protected:
  RingSource source(Readers readers) {
    return RingSource(std::move(*ring::Reader::open(writer_.fd())), readers);
  }
  void write(std::uint8_t mark, std::size_t bytes = 2000) {
    Bytes payload(bytes, mark);
    payload[0] = 0x27;
    payload[1] = 1;
    const media::MessageView message{media::MessageKind::kVideo, mark, payload};
    ASSERT_TRUE(writer_.append(message, media::inspect(message), Instant{} + std::chrono::hours{1}));
  }

  // Small, so that it is soon overwritten.
  ring::Writer writer_ = std::move(*ring::Writer::create(64U << 10U));
};

TEST_F(RingSourceTest, what_one_has_read_the_next_one_gets_without_another_copy) {
  const RingSource source = this->source(Readers::kMany);
  write(1);
  write(2);
  ring::Position first = 0;
  ring::Position second = 0;
  for (const int mark : {1, 2}) {
    SharedRecord one;
    SharedRecord other;
    ASSERT_EQ(source.next(first, one), ring::ReadResult::kMessage);
    ASSERT_EQ(source.next(second, other), ring::ReadResult::kMessage);
    EXPECT_EQ(one->payload.back(), mark);
    EXPECT_EQ(one->payload.data(), other->payload.data());
    EXPECT_EQ(first, second);
  }
  SharedRecord none;
  EXPECT_EQ(source.next(first, none), ring::ReadResult::kEmpty);
  EXPECT_EQ(none, nullptr);
}

TEST_F(RingSourceTest, what_is_kept_stays_as_it_was_however_much_is_read_and_overwritten) {
  for (const Readers readers : {Readers::kOne, Readers::kMany}) {
    const RingSource source = this->source(readers);
    ring::Position position = writer_.end();
    std::vector<SharedRecord> kept;
    for (std::uint8_t mark = 1; mark <= 60; ++mark) {  // more than the ring holds
      write(mark);
      SharedRecord record;
      ASSERT_EQ(source.next(position, record), ring::ReadResult::kMessage);
      if (mark % 3 == 0) kept.push_back(record);
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(kept[i]->timestamp_ms, 3 * (i + 1));
      EXPECT_EQ(kept[i]->payload.back(), 3 * (i + 1));
    }
  }
}

TEST_F(RingSourceTest, a_stream_that_was_overtaken_is_told) {
  const RingSource source = this->source(Readers::kMany);
  for (std::uint8_t mark = 1; mark <= 60; ++mark) write(mark);
  ring::Position position = 0;
  SharedRecord record;
  EXPECT_EQ(source.next(position, record), ring::ReadResult::kLapped);
}

}  // namespace
}  // namespace sluice::relay
