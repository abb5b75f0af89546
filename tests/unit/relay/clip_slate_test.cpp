// The clip in a loop.
#include "relay/clip_slate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "made_clip.hpp"
#include "media/inspect.hpp"
#include "relay/frozen_slate.hpp"

namespace sluice::relay {
namespace {

using media::MessageKind;

Remains remains() {
  Remains remains;
  remains.headers = {{MessageKind::kVideo, 0, real_avc_header()},
                     {MessageKind::kAudio, 0, real_aac_header()}};
  remains.key_frame = real_key_frame(7);
  return remains;
}

struct Picture {
  std::int64_t ms;
  Bytes payload;
};

std::vector<Picture> pictures(Slate& slate, std::size_t count) {
  std::vector<Picture> pictures;
  while (pictures.size() < count) {
    const std::int64_t ms = slate.next_ms();
    const auto frame = slate.take();
    if (!frame) break;
    if (frame->kind == MessageKind::kVideo)
      pictures.push_back({ms, {frame->payload.begin(), frame->payload.end()}});
  }
  return pictures;
}

TEST(ClipSlate, begins_again_where_it_ends_without_end) {
  const MadeClip made;
  const auto slate = make_clip_slate(made.clip, remains(), false);
  ASSERT_TRUE(slate);
  EXPECT_EQ(slate->composition_ms(), 80);
  const auto shown = pictures(*slate, 125);
  ASSERT_EQ(shown.size(), 125U);
  for (std::size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(shown[i].ms, static_cast<std::int64_t>(i) * 40);
  EXPECT_EQ(shown[0].payload, real_key_frame(kClipMark, 80));
  EXPECT_EQ(shown[50].payload, shown[0].payload);
  EXPECT_EQ(shown[100].payload, shown[0].payload);
}

TEST(ClipSlate, behind_a_key_frame_a_copy_of_that_one_comes_first) {
  const MadeClip made;
  const auto slate = make_clip_slate(made.clip, remains(), true);
  ASSERT_TRUE(slate);
  const auto shown = pictures(*slate, 2);
  EXPECT_EQ(shown[0].payload, copy_of(remains()));
  EXPECT_EQ(shown[1].payload, real_key_frame(kClipMark, 80));
  EXPECT_GT(shown[1].ms, shown[0].ms);
}

TEST(ClipSlate, bridges_with_a_copy_of_its_own_last_key_frame) {
  const MadeClip made;
  const auto slate = make_clip_slate(made.clip, remains(), false);
  pictures(*slate, 26);
  const ByteView bridge = slate->bridge();
  ASSERT_FALSE(bridge.empty());
  const auto traits = media::inspect({MessageKind::kVideo, 0, bridge});
  EXPECT_FALSE(traits.is_key_frame);
  EXPECT_EQ(traits.composition_ms, 80);
}

TEST(ClipSlate, is_shown_only_in_a_session_with_its_own_parameter_sets) {
  const MadeClip made;
  EXPECT_TRUE(make_clip_slate(made.clip, remains(), false));
  Remains other = remains();
  other.headers[0].payload = other_avc_header();
  EXPECT_FALSE(make_clip_slate(made.clip, other, false));
  other = remains();
  other.headers[1].payload = other_aac_header();
  EXPECT_FALSE(make_clip_slate(made.clip, other, false));
  other.headers.pop_back();
  EXPECT_FALSE(make_clip_slate(made.clip, other, false));
  EXPECT_FALSE(make_clip_slate(nullptr, remains(), false));
}

}  // namespace
}  // namespace sluice::relay
