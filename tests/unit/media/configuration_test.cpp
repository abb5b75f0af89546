// Decoder configurations: recorded ones, made ones, damaged ones.
#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/avc.hpp"
#include "media/hevc.hpp"
#include "media/limits.hpp"
#include "media/opus.hpp"

namespace sluice::media {
namespace {

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// As recorded from OBS 29 (baseline) and from ffmpeg (main), both 640x360 at 30 frames per second.
const Bytes kObsAvc =
    from_hex("0142c01effe1001b6742c01eda0280bfe5c05a808080a0000003002000000791e2c5d401000468ce3c80");
const Bytes kFfmpegAvc =
    from_hex("014d401effe10018674d401eeca05017fcb80880000003008000001e078b16cb01000468ce3c80");

// Writes what BitReader reads.
class BitWriter {
 public:
  BitWriter& bits(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (((value >> i) & 1U) << (7 - used_ % 8)));
      ++used_;
    }
    return *this;
  }
  BitWriter& golomb(std::uint32_t value) {
    int width = 0;
    while (((value + 1) >> width) != 0) ++width;
    bits(0, width - 1);
    return bits(value + 1, width);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  std::size_t used_ = 0;
};

Bytes avc_configuration(const Bytes& sps) {
  Bytes record{1, sps[1], 0, sps[3], 0xFF, 0xE1};
  append_be16(record, static_cast<std::uint16_t>(sps.size()));
  append(record, sps);
  return record;
}

TEST(AvcConfiguration, recorded_encoders_are_understood) {
  for (const Bytes& record : {kObsAvc, kFfmpegAvc}) {
    const auto info = parse_avc_configuration(record);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->level, 30);
    EXPECT_EQ(info->nal_length_bytes, 4);
    EXPECT_EQ(info->width, 640U);
    EXPECT_EQ(info->height, 360U);
    EXPECT_EQ(info->frame_rate, 30.0);
  }
  EXPECT_EQ(parse_avc_configuration(kObsAvc)->profile, 66);
  EXPECT_EQ(parse_avc_configuration(kFfmpegAvc)->profile, 77);
}

TEST(AvcConfiguration, high_profile_interlaced_and_cropped_picture_has_its_true_size) {
  BitWriter sps;
  sps.bits(0x67, 8).bits(100, 8).bits(0, 8).bits(40, 8).golomb(0);  // High, level 4.0
  sps.golomb(1).golomb(0).golomb(0).bits(0, 1);                     // 4:2:0, 8 bit
  sps.bits(1, 1).bits(1, 1);                                        // scaling matrix, first list present
  for (int i = 0; i < 16; ++i) sps.golomb(0);
  sps.bits(0, 7);                      // the other lists are not
  sps.golomb(0).golomb(1).bits(0, 1);  // frame numbers; picture order type 1
  sps.golomb(0).golomb(0).golomb(1).golomb(3);
  sps.golomb(4).bits(0, 1);                                     // reference frames
  sps.golomb(119).golomb(33).bits(0, 1).bits(1, 1).bits(1, 1);  // 1920 x 1088, two fields
  sps.bits(1, 1).golomb(0).golomb(0).golomb(0).golomb(2);       // 8 lines off
  sps.bits(0, 1).bits(1, 1);
  const auto info = parse_avc_configuration(avc_configuration(sps.bytes()));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->width, 1920U);
  EXPECT_EQ(info->height, 1080U);
  EXPECT_EQ(info->frame_rate, std::nullopt);
}

TEST(AvcConfiguration, impossible_sizes_are_not_shown) {
  BitWriter sps;
  sps.bits(0x67, 8).bits(66, 8).bits(0, 8).bits(40, 8).golomb(0).golomb(0).golomb(0).golomb(0).golomb(1).bits(
      0, 1);
  sps.golomb(kMaxPictureSide / 16).golomb(10).bits(1, 1).bits(1, 1).bits(0, 1).bits(0, 1).bits(1, 1);
  const auto info = parse_avc_configuration(avc_configuration(sps.bytes()));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->width, 0U);
}

TEST(AvcConfiguration, damaged_records_give_less_and_never_more) {
  EXPECT_FALSE(parse_avc_configuration({}));
  EXPECT_FALSE(parse_avc_configuration(from_hex("0042c01effe1")));
  for (std::size_t size = 0; size < kObsAvc.size(); ++size) {
    const Bytes cut(kObsAvc.begin(), kObsAvc.begin() + static_cast<std::ptrdiff_t>(size));
    const auto info = parse_avc_configuration(cut);
    EXPECT_EQ(info.has_value(), size >= 6);
    if (size < 8 + 0x1B) {
      EXPECT_EQ(info.value_or(AvcInfo{}).width, 0U);
    }
  }
  for (std::size_t at = 0; at < kObsAvc.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = kObsAvc;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U << bit));
      EXPECT_LE(parse_avc_configuration(bad).value_or(AvcInfo{}).width, kMaxPictureSide);
    }
  }
}

TEST(HevcConfiguration, cropped_size_is_found_behind_the_other_parameter_sets) {
  BitWriter sps;
  sps.bits(0x4201, 16).bits(0, 4).bits(1, 3).bits(1, 1);  // one sub-layer below the highest
  sps.bits(1, 32).bits(0, 32).bits(0, 24).bits(93, 8);    // general profile (88 bits) and level
  sps.bits(0b11, 2).bits(0, 14);                          // its sub-layer has both
  sps.bits(0xFFFFFFFF, 32).bits(0xFFFFFFFF, 32).bits(0xFFFFFF, 24).bits(93, 8);
  sps.golomb(0).golomb(1).golomb(1920).golomb(1088).bits(1, 1);
  sps.golomb(0).golomb(0).golomb(0).golomb(4).bits(1, 1);
  Bytes record(23);
  record[0] = 1;
  record[1] = 0x01;
  record[12] = 93;
  record[22] = 2;
  append(record, Bytes{32, 0, 1, 0, 3, 0x40, 0x01, 0x0C});  // a VPS
  Bytes escaped;                                            // as an encoder would: 00 00 0x -> 00 00 03 0x
  int zeros = 0;
  for (const std::uint8_t byte : sps.bytes()) {
    if (zeros >= 2 && byte <= 3) {
      escaped.push_back(3);
      zeros = 0;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    escaped.push_back(byte);
  }
  append(record, Bytes{33, 0, 1});
  append_be16(record, static_cast<std::uint16_t>(escaped.size()));
  append(record, escaped);
  const auto info = parse_hevc_configuration(record);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->width, 1920U);
  EXPECT_EQ(info->height, 1080U);
  EXPECT_EQ(info->level, 93);
  for (std::size_t size = 0; size < record.size(); ++size) {
    const Bytes cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(parse_hevc_configuration(cut).value_or(HevcInfo{}).width, 0U);
  }
}

TEST(AacConfiguration, recorded_and_extended_forms_are_understood) {
  const auto obs = parse_aac_configuration(from_hex("119056e500"));
  ASSERT_TRUE(obs);
  EXPECT_EQ(obs->object_type, 2);
  EXPECT_EQ(obs->sample_rate, 48000U);
  EXPECT_EQ(obs->channels, 2);
  const auto mono = parse_aac_configuration(from_hex("118856e500"));
  EXPECT_EQ(mono->channels, 1);
  // HE-AAC v2: 22050 Hz mono core, 44100 Hz stereo out.
  const auto he =
      parse_aac_configuration(BitWriter().bits(29, 5).bits(7, 4).bits(1, 4).bits(4, 4).bits(2, 5).bytes());
  ASSERT_TRUE(he);
  EXPECT_EQ(he->sample_rate, 44100U);
  EXPECT_EQ(he->channels, 2);
  // A sample rate written out, an object type above 31.
  const auto odd = parse_aac_configuration(
      BitWriter().bits(31, 5).bits(10, 6).bits(15, 4).bits(47999, 24).bits(6, 4).bytes());
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->object_type, 42);
  EXPECT_EQ(odd->sample_rate, 47999U);
  EXPECT_EQ(odd->channels, 6);
}

TEST(AacConfiguration, short_and_reserved_forms_are_refused) {
  EXPECT_FALSE(parse_aac_configuration({}));
  EXPECT_FALSE(parse_aac_configuration(Bytes{0x11}));
  EXPECT_FALSE(parse_aac_configuration(BitWriter().bits(2, 5).bits(13, 4).bits(2, 4).bytes()));
}

// av1C around one sequence header OBU.
Bytes av1_configuration(const Bytes& sequence_header) {
  Bytes record{0x81, 0x05, 0x0C, 0x00, 0x0A, static_cast<std::uint8_t>(sequence_header.size())};
  append(record, sequence_header);
  return record;
}

BitWriter& av1_size(BitWriter& out, std::uint32_t width, std::uint32_t height) {
  return out.bits(15, 4).bits(15, 4).bits(width - 1, 16).bits(height - 1, 16);
}

TEST(Av1Configuration, recorded_encoders_are_understood) {
  const auto libaom = parse_av1_configuration(from_hex("81050c000a0b0000002d4cffb3ccaf9004"));
  ASSERT_TRUE(libaom);
  EXPECT_EQ(libaom->profile, 0);
  EXPECT_EQ(libaom->width, 1280U);
  EXPECT_EQ(libaom->height, 720U);
  const auto svt = parse_av1_configuration(from_hex("81040c000a0b00000024c6abdf00be0010"));
  ASSERT_TRUE(svt);
  EXPECT_EQ(svt->width, 854U);
  EXPECT_EQ(svt->height, 480U);
}

TEST(Av1Configuration, size_is_found_behind_timing_decoder_model_and_operating_points) {
  BitWriter out;
  out.bits(0, 5);                                               // profile 0, no still picture
  out.bits(1, 1).bits(1, 32).bits(30, 32).bits(1, 1);           // timing info with equal pictures
  out.golomb(0).bits(1, 1).bits(9, 5).bits(1, 32).bits(0, 10);  // decoder model, delays of 10 bits
  out.bits(1, 1).bits(1, 5);                                    // display delay, two operating points
  out.bits(0x101, 12).bits(8, 5).bits(0, 1);                    // above level 7: a tier
  out.bits(1, 1).bits(0, 10).bits(0, 10).bits(1, 1).bits(1, 1).bits(3, 4);
  out.bits(0x103, 12).bits(7, 5).bits(0, 1).bits(0, 1);
  const auto info = parse_av1_configuration(av1_configuration(av1_size(out, 3840, 2160).bytes()));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->width, 3840U);
  EXPECT_EQ(info->height, 2160U);
}

TEST(Av1Configuration, size_is_found_behind_another_obu_and_without_a_length) {
  BitWriter out;
  out.bits(0, 3).bits(1, 1).bits(1, 1).bits(0, 5);      // a reduced still picture header
  Bytes record{0x81, 0, 0, 0, 0x12, 0x00, 0x0C, 0x00};  // temporal delimiter; no size, extension byte
  append(record, av1_size(out, 64, 32).bytes());
  const auto info = parse_av1_configuration(record);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->width, 64U);
  EXPECT_EQ(info->height, 32U);
}

TEST(Av1Configuration, impossible_sizes_are_not_shown) {
  for (const std::uint32_t side : {kMaxPictureSide, kMaxPictureSide + 1}) {
    BitWriter out;
    out.bits(0, 3).bits(1, 1).bits(1, 1).bits(0, 5);
    const auto info = parse_av1_configuration(av1_configuration(av1_size(out, side, 32).bytes()));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->width, side == kMaxPictureSide ? kMaxPictureSide : 0U);
  }
}

TEST(Av1Configuration, damaged_records_give_less_and_never_more) {
  const Bytes whole = from_hex("81050c000a0b0000002d4cffb3ccaf9004");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto info = parse_av1_configuration(ByteView(whole).first(size));
    EXPECT_EQ(info.has_value(), size >= 4) << size;
    if (info) {
      EXPECT_EQ(info->width, 0U) << size;
    }
  }
  EXPECT_FALSE(parse_av1_configuration(from_hex("01050c00")));
  const auto endless = parse_av1_configuration(from_hex("81050c000affffffff7f"));
  ASSERT_TRUE(endless);
  EXPECT_EQ(endless->width, 0U);
}

TEST(OpusConfiguration, channels_are_read_from_an_opus_head_only) {
  Bytes head = from_hex(
      "4f7075734865616401023801803e00000000"
      "00");
  const auto info = parse_opus_configuration(head);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->channels, 2);
  EXPECT_FALSE(parse_opus_configuration(ByteView(head).first(18)));
  head[9] = 0;
  EXPECT_FALSE(parse_opus_configuration(head));
  head[9] = 2;
  head[8] = 0x10;  // an incompatible version
  EXPECT_FALSE(parse_opus_configuration(head));
  EXPECT_FALSE(parse_opus_configuration(Bytes(19)));
}

}  // namespace
}  // namespace sluice::media
