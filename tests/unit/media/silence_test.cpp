// For which sound there is silence. That the frames are silent is shown by a real decoder
// (tests/integration/test_hold_pictures.py).
#include "media/silence.hpp"

#include <gtest/gtest.h>

#include "media/bit_writer.hpp"

namespace sluice::media {
namespace {

// AudioSpecificConfig: object type, samplingFrequencyIndex, channelConfiguration, GASpecificConfig's three
// flags.
BitWriter configuration(std::uint32_t type, std::uint32_t rate_index, std::uint32_t channels,
                        std::uint32_t flags = 0) {
  BitWriter out;
  out.bits(type, 5);
  out.bits(rate_index, 4);
  out.bits(channels, 4);
  out.bits(flags, 3);
  return out;
}

TEST(Silence, mono_and_stereo_have_their_own_frame_at_any_rate) {
  constexpr std::array<std::uint32_t, 13> rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                22050, 16000, 12000, 11025, 8000,  7350};
  for (std::uint32_t index = 0; index < rates.size(); ++index) {
    const auto mono = silence_for(configuration(2, index, 1).bytes());
    const auto stereo = silence_for(configuration(2, index, 2).bytes());
    ASSERT_TRUE(mono && stereo) << index;
    EXPECT_EQ(mono->sample_rate, rates[index]);
    EXPECT_EQ(stereo->sample_rate, rates[index]);
    EXPECT_EQ(mono->frame.front() >> 5, 0);    // ID_SCE
    EXPECT_EQ(stereo->frame.front() >> 5, 1);  // ID_CPE
  }
}

TEST(Silence, announcement_that_there_is_no_sbr_is_plain_aac) {
  const auto obs = silence_for(Bytes{0x11, 0x90, 0x56, 0xE5, 0x00});
  ASSERT_TRUE(obs);
  EXPECT_EQ(obs->sample_rate, 48000U);
}

TEST(Silence, announced_sbr_has_none) {
  BitWriter hidden = configuration(2, 6, 2);
  hidden.bits(0x2B7, 11);
  hidden.bits(5, 5);
  hidden.flag(true);
  hidden.bits(3, 4);
  EXPECT_FALSE(silence_for(hidden.bytes()));
  BitWriter open = configuration(5, 6, 2);
  open.bits(0b0011'00010, 9);
  EXPECT_FALSE(silence_for(open.bytes()));
}

TEST(Silence, other_codecs_channels_and_frame_lengths_have_none) {
  for (std::uint32_t type = 0; type < 32; ++type) {
    EXPECT_EQ(silence_for(configuration(type, 3, 2).bytes()).has_value(), type == 2) << type;
  }
  for (std::uint32_t channels = 0; channels < 16; ++channels) {
    EXPECT_EQ(silence_for(configuration(2, 3, channels).bytes()).has_value(), channels == 1 || channels == 2);
  }
  for (std::uint32_t flags = 1; flags < 8; ++flags) {
    EXPECT_FALSE(silence_for(configuration(2, 3, 2, flags).bytes())) << flags;
  }
}

TEST(Silence, reserved_and_written_out_rates_and_cut_records_have_none) {
  for (const std::uint32_t index : {13U, 14U, 15U}) {
    BitWriter out = configuration(2, index, 2);
    out.bits(0x12345678, 32);
    EXPECT_FALSE(silence_for(out.bytes())) << index;
  }
  EXPECT_FALSE(silence_for({}));
  EXPECT_FALSE(silence_for(Bytes{0x11}));
}

}  // namespace
}  // namespace sluice::media
