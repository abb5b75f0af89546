// What a hold is made of, read out of the ring.
#include "relay/remains.hpp"

#include <gtest/gtest.h>

#include "fake_source.hpp"

namespace sluice::relay {
namespace {

using namespace std::chrono_literals;

class RemainsTest : public testing::Test {
 protected:
  // `frames` frames from `ms` on, every 20 ms, the first one a key frame.
  void group(std::uint32_t ms, int frames, std::uint8_t mark) {
    for (int i = 0; i < frames; ++i) {
      source_.at(now_);
      source_.video(ms + static_cast<std::uint32_t>(i) * 20, i == 0 ? key_frame(mark) : inter_frame(mark));
      source_.audio(ms + static_cast<std::uint32_t>(i) * 20, audio_frame(mark));
      now_ += 20ms;
    }
  }

  Instant now_ = Instant{} + 1h;
  FakeSource source_;
};

TEST_F(RemainsTest, the_newest_key_frame_and_the_rhythm_of_the_group_before_it) {
  source_.begin(now_);
  source_.video(0, avc_header());
  source_.audio(0, aac_header());
  group(0, 50, 1);
  group(1'000, 25, 2);
  group(1'500, 10, 3);
  const auto remains = read_remains(source_);
  ASSERT_TRUE(remains);
  EXPECT_EQ(remains->key_frame, key_frame(3));
  EXPECT_EQ(remains->rhythm.gop_ms, 500);
  EXPECT_EQ(remains->rhythm.frames, 25);
  EXPECT_EQ(remains->headers.size(), 2U);
  EXPECT_EQ(remains->last_arrival, now_ - 20ms);
}

TEST_F(RemainsTest, of_a_single_group_the_frame_rate_is_known_and_the_interval_is_the_usual_one) {
  source_.begin(now_);
  group(0, 40, 1);
  const auto remains = read_remains(source_);
  ASSERT_TRUE(remains);
  EXPECT_EQ(remains->rhythm.gop_ms, 2'000);
  EXPECT_EQ(remains->rhythm.frames, 100);
}

TEST_F(RemainsTest, a_break_in_the_first_group_made_the_next_hold_run_at_a_mad_rhythm) {
  source_.begin(now_);
  group(0, 40, 1);
  source_.begin(now_);
  group(80, 10, 2);  // whose clock has nothing to do with the one before
  const Remains remains = read_remains(source_, {80, 0});
  EXPECT_EQ(remains.key_frame, key_frame(2));
  EXPECT_EQ(remains.rhythm.gop_ms, 2'000);
  EXPECT_EQ(remains.rhythm.frames, 100);
}

TEST_F(RemainsTest, a_gap_or_a_jump_of_the_clock_slowed_the_next_hold_down) {
  source_.begin(now_);
  group(0, 20, 1);
  group(90'000, 5, 2);  // the clock has jumped
  const auto jumped = read_remains(source_);
  ASSERT_TRUE(jumped);
  EXPECT_EQ(jumped->rhythm.gop_ms, 400);
  EXPECT_EQ(jumped->rhythm.frames, 20);
}

TEST_F(RemainsTest, key_frames_that_were_not_sent_made_the_interval_longer) {
  source_.begin(now_);
  group(0, 25, 1);
  group(500, 25, 2);
  group(1'000, 25, 3);
  group(1'500, 5, 4);
  const Remains remains = read_remains(source_, {150, 0});
  EXPECT_EQ(remains.key_frame, key_frame(4));
  EXPECT_EQ(remains.rhythm.gop_ms, 500);
  EXPECT_EQ(remains.rhythm.frames, 25);
}

TEST_F(RemainsTest, a_publisher_without_a_key_frame_leaves_nothing) {
  EXPECT_FALSE(read_remains(source_));
  source_.begin(now_);
  group(0, 10, 1);
  source_.begin(now_);
  EXPECT_FALSE(read_remains(source_));
}

TEST_F(RemainsTest, known_positions_are_read_whoever_publishes_now) {
  source_.begin(now_);
  group(0, 50, 1);
  group(1'000, 10, 2);
  const KeyPositions keys{100, 0};
  source_.begin(now_);
  source_.video(0, avc_header());
  const Remains remains = read_remains(source_, keys);
  EXPECT_EQ(remains.key_frame, key_frame(2));
  EXPECT_EQ(remains.rhythm.frames, 50);
  EXPECT_EQ(remains.last_arrival, now_ - 20ms);
}

TEST_F(RemainsTest, what_was_overwritten_is_missing) {
  source_.begin(now_);
  group(0, 50, 1);
  source_.lap(10);
  EXPECT_TRUE(read_remains(source_, {0, std::nullopt}).key_frame.empty());
}

}  // namespace
}  // namespace sluice::relay
