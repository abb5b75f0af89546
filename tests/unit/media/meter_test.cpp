// Source statistics under a clock of our own.
#include "media/meter.hpp"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

using std::chrono::milliseconds;

const Instant kStart = Instant(std::chrono::hours(1));
const Bytes kAvcHeader = {0x17, 0,    0,    0,    0,    0x01, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0x00,
                          0x1B, 0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02, 0x80, 0xBF, 0xE5, 0xC0, 0x5A,
                          0x80, 0x80, 0x80, 0xA0, 0x00, 0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x07,
                          0x91, 0xE2, 0xC5, 0xD4, 0x01, 0x00, 0x04, 0x68, 0xCE, 0x3C, 0x80};
const Bytes kAacHeader = {0xAF, 0, 0x11, 0x90, 0x56, 0xE5, 0};

class Meter : public testing::Test {
 protected:
  void add(MessageKind kind, std::uint32_t timestamp_ms, const Bytes& payload, Instant arrival) {
    const MessageView message{kind, timestamp_ms, payload};
    meter.add(message, inspect(message), arrival);
  }
  // Video at `step_ms` with a key frame each `group` frames, of `bytes` each, arriving on time.
  void add_video(std::uint32_t from_ms, int frames, std::uint32_t step_ms, int group, std::size_t bytes) {
    for (int i = 0; i < frames; ++i) {
      Bytes frame(bytes);
      frame[0] = i % group == 0 ? 0x17 : 0x27;
      frame[1] = 1;
      const std::uint32_t time = from_ms + static_cast<std::uint32_t>(i) * step_ms;
      add(MessageKind::kVideo, time, frame, kStart + milliseconds(static_cast<std::uint32_t>(i) * step_ms));
    }
  }
  // A group of 30 frames at 40 ms; every third frame is shown before the one that was sent ahead of it.
  void add_group(std::uint32_t from_ms, bool out_of_order) {
    for (std::uint32_t i = 0; i < 30; ++i) {
      const std::uint8_t shown_after_ms = !out_of_order || i % 3 == 0 ? 40 : i % 3 == 1 ? 80 : 0;
      const Bytes frame = {i == 0 ? std::uint8_t{0x17} : std::uint8_t{0x27}, 1, 0, 0, shown_after_ms, 0, 0};
      add(MessageKind::kVideo, from_ms + i * 40, frame, kStart);
    }
  }
  std::optional<bool> b_frames() const { return meter.stats(kStart).b_frames; }

  SourceMeter meter;
};

TEST_F(Meter, knows_nothing_at_first_and_after_a_reset) {
  EXPECT_EQ(meter.stats(kStart).video_codec, Codec::kNone);
  add(MessageKind::kVideo, 0, kAvcHeader, kStart);
  meter.reset();
  const SourceStats stats = meter.stats(kStart);
  EXPECT_EQ(stats.video_codec, Codec::kNone);
  EXPECT_EQ(stats.width, 0U);
  EXPECT_EQ(stats.video_kbps, 0U);
}

TEST_F(Meter, takes_codec_facts_from_the_sequence_headers) {
  add(MessageKind::kVideo, 0, kAvcHeader, kStart);
  add(MessageKind::kAudio, 0, kAacHeader, kStart);
  const SourceStats stats = meter.stats(kStart);
  EXPECT_EQ(stats.video_codec, Codec::kAvc);
  EXPECT_EQ(stats.audio_codec, Codec::kAac);
  EXPECT_EQ(stats.width, 640U);
  EXPECT_EQ(stats.height, 360U);
  EXPECT_EQ(stats.sample_rate, 48000U);
  EXPECT_EQ(stats.channels, 2);
}

TEST_F(Meter, what_was_known_of_one_codec_is_not_said_of_the_next) {
  add(MessageKind::kVideo, 0, kAvcHeader, kStart);
  add(MessageKind::kAudio, 0, kAacHeader, kStart);
  add(MessageKind::kVideo, 0, {0x91, 'v', 'p', '0', '9', 0}, kStart);
  add(MessageKind::kAudio, 0, {0x91, 'f', 'L', 'a', 'C', 0}, kStart);
  const SourceStats stats = meter.stats(kStart);
  EXPECT_EQ(stats.video_codec, Codec::kVp9);
  EXPECT_EQ(stats.audio_codec, Codec::kFlac);
  EXPECT_EQ(stats.width, 0U);
  EXPECT_EQ(stats.height, 0U);
  EXPECT_EQ(stats.sample_rate, 0U);
  EXPECT_EQ(stats.channels, 0);
}

TEST_F(Meter, measures_frame_rate_and_key_frame_interval_by_timestamps) {
  add_video(0xFFFFFF00, 130, 40, 50, 100);  // across the wrap of 32 bits
  const SourceStats stats = meter.stats(kStart + milliseconds(5200));
  EXPECT_DOUBLE_EQ(stats.frame_rate, 25.0);
  EXPECT_EQ(stats.key_frame_interval_ms, 2000U);
}

TEST_F(Meter, measures_bit_rate_by_arrival_and_forgets_what_is_old) {
  add_video(0, 250, 20, 100, 2500);  // 5 s of 1000 kbit/s
  EXPECT_NEAR(meter.stats(kStart + milliseconds(4990)).video_kbps, 1000, 20);
  EXPECT_EQ(meter.stats(kStart + std::chrono::seconds(10)).video_kbps, 0U);
  EXPECT_EQ(meter.stats(kStart + milliseconds(4990)).audio_kbps, 0U);
}

TEST_F(Meter, does_not_take_a_jump_in_time_for_a_slow_camera) {
  add_video(0, 100, 40, 50, 100);
  add_video(10'000'000, 100, 40, 50, 100);
  const SourceStats stats = meter.stats(kStart + milliseconds(4000));
  EXPECT_DOUBLE_EQ(stats.frame_rate, 25.0);
  EXPECT_EQ(stats.key_frame_interval_ms, 2000U);
}

TEST_F(Meter, frames_in_the_order_they_are_shown_in_are_no_b_frames) {
  for (std::uint32_t group = 0; group < 3; ++group) add_group(group * 1200, false);
  EXPECT_EQ(b_frames(), std::nullopt);  // 90 frames prove nothing
  add_group(3600, false);
  EXPECT_EQ(b_frames(), false);
}

TEST_F(Meter, a_frame_that_is_shown_before_an_earlier_one_is_a_b_frame) {
  add_group(0, true);
  EXPECT_EQ(b_frames(), true);
  for (std::uint32_t group = 1; group < 9; ++group) add_group(group * 1200, false);
  EXPECT_EQ(b_frames(), true);
}

TEST_F(Meter, a_late_b_frame_changes_what_was_said) {
  for (std::uint32_t group = 0; group < 4; ++group) add_group(group * 1200, false);
  EXPECT_EQ(b_frames(), false);
  add_group(4800, true);
  EXPECT_EQ(b_frames(), true);
}

TEST_F(Meter, b_frames_of_one_publisher_or_codec_are_not_said_of_the_next) {
  add_group(0, true);
  meter.reset();
  EXPECT_EQ(b_frames(), std::nullopt);
  add_group(0, true);
  add(MessageKind::kVideo, 1200, {0x91, 'v', 'p', '0', '9', 0}, kStart);
  EXPECT_EQ(b_frames(), std::nullopt);
}

TEST_F(Meter, a_time_line_that_begins_again_is_no_b_frame) {
  add_group(100'000, false);
  for (std::uint32_t group = 0; group < 4; ++group) add_group(group * 1200, false);
  EXPECT_EQ(b_frames(), false);
}

TEST_F(Meter, the_wrap_of_32_bits_is_no_b_frame) {
  for (std::uint32_t group = 0; group < 4; ++group) add_group(0xFFFFF000U + group * 1200, false);
  EXPECT_EQ(b_frames(), false);
}

TEST_F(Meter, other_tracks_count_for_the_bit_rate_only) {
  add(MessageKind::kVideo, 0, kAvcHeader, kStart);
  Bytes track = {0x96, 0x00, 'h', 'v', 'c', '1', 1};
  track.resize(25'000);
  add(MessageKind::kVideo, 0, track, kStart);
  const SourceStats stats = meter.stats(kStart);
  EXPECT_EQ(stats.video_codec, Codec::kAvc);
  EXPECT_GT(stats.video_kbps, 700U);
}

}  // namespace
}  // namespace sluice::media
