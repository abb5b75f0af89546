// Silence in the form of the source's own sound, at the pace of its samples.
#include "relay/silent_track.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/inspect.hpp"
#include "real_media.hpp"

namespace sluice::relay {
namespace {

TEST(SilentTrack, frames_come_at_the_pace_of_their_samples_for_ever) {
  auto track = SilentTrack::like(real_aac_header(), 500);
  ASSERT_TRUE(track);
  EXPECT_EQ(track->next_ms(), 500);
  track->take();
  EXPECT_EQ(track->next_ms(), 521);  // 21.33
  for (int i = 1; i < 46'875; ++i) track->take();
  EXPECT_EQ(track->next_ms(), 500 + 1'000'000);  // 46,875 frames a thousand seconds
}

TEST(SilentTrack, is_a_frame_in_the_form_of_the_header) {
  auto legacy = SilentTrack::like(real_aac_header(), 0);
  ASSERT_TRUE(legacy);
  const Bytes frame = legacy->take();
  EXPECT_EQ(frame[0], 0xAF);
  EXPECT_EQ(frame[1], 1);
  auto enhanced = SilentTrack::like(Bytes{0x90, 'm', 'p', '4', 'a', 0x11, 0x90}, 0);
  ASSERT_TRUE(enhanced);
  const Bytes coded = enhanced->take();
  const auto traits = media::inspect({media::MessageKind::kAudio, 0, coded});
  EXPECT_EQ(traits.codec, media::Codec::kAac);
  EXPECT_FALSE(traits.is_sequence_header);
  EXPECT_TRUE(std::ranges::equal(media::media_body({media::MessageKind::kAudio, 0, coded}),
                                 ByteView(frame).subspan(2)));
}

TEST(SilentTrack, there_is_none_for_other_codecs_and_for_what_is_no_header) {
  EXPECT_FALSE(SilentTrack::like(Bytes{0x2F, 0xFF, 0xFB}, 0));             // MP3
  EXPECT_FALSE(SilentTrack::like(Bytes{0x90, 'O', 'p', 'u', 's', 1}, 0));  // Opus
  EXPECT_FALSE(SilentTrack::like(Bytes{0xAF, 1, 0x21, 0x10}, 0));          // a frame
  EXPECT_FALSE(SilentTrack::like(Bytes{0xAF, 0, 0x2B, 0x92}, 0));          // HE-AAC
  EXPECT_FALSE(SilentTrack::like(Bytes{}, 0));
}

}  // namespace
}  // namespace sluice::relay
