// What a stream that is late does without.
#include "relay/thinner.hpp"

#include <gtest/gtest.h>

#include "fake_source.hpp"

namespace sluice::relay {
namespace {

using namespace std::chrono_literals;

Bytes unreferenced_frame(std::uint8_t mark) {
  return {0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x01, mark};
}
Bytes reference_frame(std::uint8_t mark) {
  return {0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, mark};
}
// Shown `composition_ms` after its timestamp.
Bytes shown_later(Bytes frame, std::uint8_t composition_ms) {
  frame[4] = composition_ms;
  return frame;
}

class ThinnerTest : public testing::Test {
 protected:
  ThinnerTest() { source_.begin(Instant{}); }

  // Adds it to the source and asks about it when it is `late`.
  bool video(Bytes payload, Duration late, std::uint32_t ms = 0) {
    source_.video(ms, std::move(payload));
    return ask(late);
  }
  bool audio(Duration late) {
    source_.audio(0, audio_frame(1));
    return ask(late);
  }
  bool ask(Duration late) {
    SharedRecord record;
    EXPECT_EQ(source_.next(position_, record), ring::ReadResult::kMessage);
    return thinner_.keeps(*record, media::inspect(record->view()), late, source_);
  }

  FakeSource source_;
  ring::Position position_ = 0;
  Thinner thinner_;
};

TEST_F(ThinnerTest, a_stream_in_time_keeps_everything) {
  EXPECT_TRUE(video(key_frame(1), 0ms));
  EXPECT_TRUE(video(unreferenced_frame(2), 999ms));
  EXPECT_TRUE(video(reference_frame(3), 999ms));
  EXPECT_TRUE(audio(999ms));
  EXPECT_EQ(thinner_.dropped_video() + thinner_.dropped_audio(), 0U);
}

TEST_F(ThinnerTest, beyond_a_second_only_what_nothing_references_is_left_out) {
  video(key_frame(1), 0ms);
  EXPECT_FALSE(video(unreferenced_frame(2), 1s));
  EXPECT_TRUE(video(reference_frame(3), 1s));
  EXPECT_TRUE(audio(1s));
  EXPECT_TRUE(video(unreferenced_frame(4), 0ms));
  EXPECT_EQ(thinner_.dropped_video(), 1U);
}

TEST_F(ThinnerTest, beyond_two_and_a_half_seconds_the_picture_goes_on_at_the_next_key_frame) {
  video(key_frame(1), 0ms);
  EXPECT_FALSE(video(reference_frame(2), 2500ms));
  EXPECT_FALSE(video(reference_frame(3), 0ms));  // in time again, but what it needs is gone
  EXPECT_TRUE(audio(2500ms));
  EXPECT_TRUE(video(key_frame(4), 2500ms));
  EXPECT_TRUE(video(reference_frame(5), 0ms));
  EXPECT_EQ(thinner_.dropped_video(), 2U);
  EXPECT_EQ(thinner_.dropped_audio(), 0U);
}

TEST_F(ThinnerTest, beyond_six_seconds_key_frames_before_the_newest_are_left_out_and_sound_stays) {
  source_.video(0, key_frame(1));
  source_.audio(0, audio_frame(1));
  source_.video(0, key_frame(2));
  source_.video(0, key_frame(3));
  EXPECT_FALSE(ask(6s));
  EXPECT_TRUE(ask(6s));
  EXPECT_FALSE(ask(5s));  // the decision stands
  EXPECT_TRUE(ask(5s));
  EXPECT_TRUE(video(reference_frame(4), 0ms));
  EXPECT_EQ(thinner_.dropped_video(), 2U);
}

TEST_F(ThinnerTest, beyond_ten_seconds_sound_is_left_out_up_to_the_newest_key_frame) {
  source_.audio(0, audio_frame(1));
  source_.audio(0, audio_frame(2));
  source_.video(0, key_frame(1));
  source_.audio(0, audio_frame(3));
  EXPECT_FALSE(ask(10s));
  EXPECT_FALSE(ask(9s));
  EXPECT_TRUE(ask(9s));
  EXPECT_TRUE(ask(9s));
  EXPECT_EQ(thinner_.dropped_audio(), 2U);
}

TEST_F(ThinnerTest, frames_shown_before_the_key_frame_that_mended_the_picture_need_what_is_gone) {
  video(key_frame(1), 0ms);
  EXPECT_FALSE(video(reference_frame(2), 3s));
  EXPECT_TRUE(video(shown_later(key_frame(3), 80), 0ms, 1000));        // shown at 1080
  EXPECT_FALSE(video(shown_later(reference_frame(4), 0), 0ms, 1033));  // at 1033: of an open group
  EXPECT_TRUE(video(shown_later(reference_frame(5), 80), 0ms, 1066));
}

// Found by the simulator: nothing but key frames went out for as long as the clock had gone back.
TEST_F(ThinnerTest, a_clock_that_goes_back_after_the_picture_was_mended_cost_every_frame) {
  video(key_frame(1), 0ms);
  EXPECT_FALSE(video(reference_frame(2), 3s, 90'000));
  EXPECT_TRUE(video(key_frame(3), 0ms, 90'100));
  EXPECT_TRUE(video(reference_frame(4), 0ms, 0));
  EXPECT_TRUE(video(key_frame(5), 0ms, 33));
  EXPECT_TRUE(video(reference_frame(6), 0ms, 66));
}

TEST_F(ThinnerTest, each_track_is_mended_by_its_own_key_frame) {
  const auto on_track = [](std::uint8_t track, bool key) {
    return Bytes{static_cast<std::uint8_t>(key ? 0x96 : 0xA6),
                 0x01,
                 'a',
                 'v',
                 'c',
                 '1',
                 track,
                 0,
                 0,
                 0,
                 0,
                 0,
                 0,
                 1,
                 0x41};
  };
  EXPECT_TRUE(video(on_track(0, true), 0ms));
  EXPECT_TRUE(video(on_track(1, true), 0ms));
  EXPECT_FALSE(video(on_track(1, false), 3s));
  EXPECT_TRUE(video(on_track(0, false), 0ms));
  EXPECT_TRUE(video(on_track(0, true), 0ms));
  EXPECT_FALSE(video(on_track(1, false), 0ms));
  EXPECT_TRUE(video(on_track(1, true), 0ms));
}

TEST_F(ThinnerTest, a_new_session_begins_with_nothing_left_out) {
  video(key_frame(1), 0ms);
  EXPECT_FALSE(video(reference_frame(2), 3s));
  thinner_.begin();
  EXPECT_TRUE(video(reference_frame(3), 0ms));
}

}  // namespace
}  // namespace sluice::relay
