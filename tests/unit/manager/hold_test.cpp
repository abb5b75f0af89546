// What a relay is told about a source that is away or without sound.
#include "manager/hold.hpp"

#include <gtest/gtest.h>

#include "manager/config_hash.hpp"

namespace sluice::manager {
namespace {

Stream stream_of(SilentAudio silent_audio) {
  Stream stream;
  stream.silent_audio = silent_audio;
  return stream;
}

TEST(Hold, settings_are_named_and_read_back) {
  for (const SilentAudio setting : {SilentAudio::kAuto, SilentAudio::kOn, SilentAudio::kOff}) {
    EXPECT_EQ(parse_silent_audio(to_string(setting)), setting);
  }
  for (const char* text : {"", "ON", "auto ", "true"}) EXPECT_EQ(parse_silent_audio(text), std::nullopt);
}

TEST(Hold, silence_is_automatic_for_platforms_that_need_sound) {
  EXPECT_TRUE(hold_policy(stream_of(SilentAudio::kAuto), true).silent_audio);
  EXPECT_FALSE(hold_policy(stream_of(SilentAudio::kAuto), false).silent_audio);
}

TEST(Hold, the_users_choice_of_silence_counts_whatever_the_platform) {
  EXPECT_FALSE(hold_policy(stream_of(SilentAudio::kOff), true).silent_audio);
  EXPECT_TRUE(hold_policy(stream_of(SilentAudio::kOn), false).silent_audio);
}

TEST(Hold, times_are_told_as_they_are_set) {
  EXPECT_EQ(hold_policy(Stream{}, false), (control::HoldPolicy{60, 10, false}));
  Stream stream;
  stream.hold_s = kMaxHoldSeconds;
  stream.stop_grace_s = kMaxStopGraceSeconds;
  EXPECT_EQ(hold_policy(stream, false), (control::HoldPolicy{3600, 300, false}));
}

TEST(Hold, settings_are_no_part_of_the_configuration) {
  const Secret key(std::string(32, 'k'));
  Stream stream;
  const std::string before = config_hash(stream, key);
  stream.hold_s = 0;
  stream.stop_grace_s = 0;
  stream.silent_audio = SilentAudio::kOn;
  EXPECT_EQ(config_hash(stream, key), before);
  stream.server = "rtmp://other/app";
  EXPECT_NE(config_hash(stream, key), before);
}

}  // namespace
}  // namespace sluice::manager
