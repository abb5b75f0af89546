// The last picture again and again: key frames at their interval, copies in between, silence beside.
#include "relay/frozen_slate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/inspect.hpp"
#include "real_media.hpp"

namespace sluice::relay {
namespace {

using media::MessageKind;

struct Frame {
  MessageKind kind;
  std::int64_t ms;
  Bytes payload;
  bool is_key;
};

std::vector<Frame> take(Slate& slate, std::int64_t until_ms) {
  std::vector<Frame> frames;
  while (slate.next_ms() < until_ms) {
    const std::int64_t ms = slate.next_ms();
    const auto message = slate.take().value();
    const bool is_key = message.kind == MessageKind::kVideo && media::inspect(message).is_key_frame;
    frames.push_back({message.kind, ms, {message.payload.begin(), message.payload.end()}, is_key});
  }
  return frames;
}

std::vector<Frame> only(const std::vector<Frame>& frames, MessageKind kind) {
  std::vector<Frame> some;
  std::ranges::copy_if(frames, std::back_inserter(some),
                       [&](const auto& frame) { return frame.kind == kind; });
  return some;
}

Remains remains() {
  Remains remains;
  remains.headers = {{MessageKind::kVideo, 0, real_avc_header()},
                     {MessageKind::kAudio, 0, real_aac_header()}};
  remains.key_frame = real_key_frame(7, 66);
  remains.rhythm = {.gop_ms = 1000, .frames = 30};
  return remains;
}

TEST(FrozenSlate, shows_the_key_frame_once_an_interval_and_copies_at_the_frame_rate) {
  const auto slate = make_frozen_slate(remains(), false);
  ASSERT_TRUE(slate);
  const auto pictures = only(take(*slate, 2'000), MessageKind::kVideo);
  ASSERT_EQ(pictures.size(), 60U);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(pictures[i].is_key, i % 30 == 0) << i;
    EXPECT_EQ(pictures[i].ms, static_cast<std::int64_t>((i * 1000 + 15) / 30)) << i;
    const auto traits = media::inspect({MessageKind::kVideo, 0, pictures[i].payload});
    EXPECT_EQ(traits.composition_ms, 66)
        << i;  // shown in the order and at the distance in which they are sent
    EXPECT_FALSE(traits.is_sequence_header) << i;
  }
  EXPECT_EQ(pictures[0].payload, real_key_frame(7, 66));
  EXPECT_LT(pictures[1].payload.size(), 40U);
}

TEST(FrozenSlate, behind_the_key_frame_itself_begins_with_a_copy) {
  const auto slate = make_frozen_slate(remains(), true);
  ASSERT_TRUE(slate);
  const auto pictures = only(take(*slate, 1'000), MessageKind::kVideo);
  EXPECT_EQ(pictures.front().ms, 0);
  EXPECT_FALSE(pictures.front().is_key);
  EXPECT_TRUE(pictures[29].is_key);
}

TEST(FrozenSlate, bridges_from_a_key_frame_and_from_nothing_else) {
  const auto slate = make_frozen_slate(remains(), false);
  ASSERT_TRUE(slate);
  EXPECT_TRUE(slate->bridge().empty());
  take(*slate, 1);
  const ByteView bridge = slate->bridge();
  ASSERT_FALSE(bridge.empty());
  EXPECT_FALSE(media::inspect({MessageKind::kVideo, 0, bridge}).is_key_frame);
  take(*slate, 60);
  EXPECT_TRUE(slate->bridge().empty());
}

TEST(FrozenSlate, is_silent_beside_the_picture) {
  const auto slate = make_frozen_slate(remains(), false);
  const auto sounds = only(take(*slate, 1'000), MessageKind::kAudio);
  EXPECT_EQ(sounds.size(), 47U);
  EXPECT_EQ(sounds.front().ms, 0);
}

TEST(FrozenSlate, where_no_copies_can_be_made_the_key_frame_comes_every_two_seconds) {
  Remains other = remains();
  other.headers[0].payload = {0x90, 'h', 'v', 'c', '1', 1};
  other.key_frame = {0x93, 'h', 'v', 'c', '1', 1, 2, 3};
  const auto slate = make_frozen_slate(other, false);
  ASSERT_TRUE(slate);
  const auto pictures = only(take(*slate, 6'000), MessageKind::kVideo);
  ASSERT_EQ(pictures.size(), 3U);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(pictures[i].payload, other.key_frame);
    EXPECT_EQ(pictures[i].ms, static_cast<std::int64_t>(i) * 2'000);
  }
  EXPECT_TRUE(slate->bridge().empty());
}

TEST(FrozenSlate, of_a_source_without_pictures_is_silence_alone_and_of_nothing_is_nothing) {
  Remains sound = remains();
  sound.key_frame.clear();
  const auto slate = make_frozen_slate(sound, false);
  ASSERT_TRUE(slate);
  EXPECT_EQ(only(take(*slate, 1'000), MessageKind::kVideo).size(), 0U);
  EXPECT_EQ(make_frozen_slate(Remains{}, false), nullptr);
}

TEST(FrozenSlate, a_very_long_interval_was_squeezed_into_ten_seconds_at_three_times_the_rate) {
  Remains slow = remains();
  slow.rhythm = {.gop_ms = 30'000, .frames = 900};
  const auto slate = make_frozen_slate(slow, false);
  EXPECT_EQ(only(take(*slate, 1'000), MessageKind::kVideo).size(), 30U);
}

TEST(FrozenSlate, a_very_short_interval_was_stretched_to_half_a_second_at_a_lower_rate) {
  Remains quick = remains();
  quick.rhythm = {.gop_ms = 200, .frames = 12};
  const auto slate = make_frozen_slate(quick, false);
  EXPECT_EQ(only(take(*slate, 1'000), MessageKind::kVideo).size(), 60U);
}

TEST(FrozenSlate, keeps_a_mad_rhythm_within_bounds) {
  Remains mad = remains();
  mad.rhythm = {.gop_ms = 3'600'000, .frames = 1'000'000'000};
  const auto slow = make_frozen_slate(mad, false);
  const auto pictures = only(take(*slow, kMaxGopMs), MessageKind::kVideo);
  EXPECT_LE(pictures.size(), static_cast<std::size_t>(kMaxGopMs / kMinFrameMs));
  mad.rhythm = {.gop_ms = 1, .frames = 1};
  const auto fast = make_frozen_slate(mad, false);
  EXPECT_LE(only(take(*fast, kMinGopMs), MessageKind::kVideo).size(),
            static_cast<std::size_t>(kMinGopMs / kMinFrameMs));
}

}  // namespace
}  // namespace sluice::relay
