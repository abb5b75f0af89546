// Bits and Exp-Golomb codes, and how a NAL unit keeps start codes out of itself.
#include "media/bit_writer.hpp"

#include <gtest/gtest.h>

#include "media/bit_reader.hpp"

namespace sluice::media {
namespace {

TEST(BitWriter, bits_stand_in_order_from_the_highest_down) {
  BitWriter out;
  out.bits(0b101, 3);
  out.flag(false);
  out.bits(0xABC, 12);
  EXPECT_EQ(out.bytes(), (Bytes{0xAA, 0xBC}));
  out.bits(0xDEADBEEF, 32);
  out.bits(7, 0);
  EXPECT_EQ(out.bytes(), (Bytes{0xAA, 0xBC, 0xDE, 0xAD, 0xBE, 0xEF}));
}

// H.264 table 9-2.
TEST(BitWriter, golomb_codes_are_those_of_the_standard) {
  BitWriter out;
  for (const std::uint32_t value : {0U, 1U, 2U, 3U, 6U, 7U}) out.unsigned_golomb(value);
  out.align(false);
  EXPECT_EQ(out.bytes(), (Bytes{0b1'010'011'0, 0b0100'0011, 0b1'0001000}));
}

TEST(BitWriter, reader_gets_back_every_golomb_code_up_to_the_largest) {
  for (int shift = 0; shift < 32; ++shift) {
    const std::uint32_t power = 1U << shift;
    for (const std::uint32_t value : {power - 1, power, std::min(power + 1, 0xFFFFFFFEU)}) {
      BitWriter out;
      out.flag(true);
      out.unsigned_golomb(value);
      out.trail();
      BitReader in(out.bytes());
      in.skip(1);
      EXPECT_EQ(in.unsigned_golomb(), value);
      EXPECT_TRUE(in.flag());
      EXPECT_TRUE(in.ok());
    }
  }
  BitWriter largest;
  largest.unsigned_golomb(0xFFFFFFFE);
  BitReader in(largest.bytes());
  EXPECT_EQ(in.unsigned_golomb(), 0xFFFFFFFE);
}

TEST(BitWriter, trailing_bits_fill_the_byte_or_take_a_new_one) {
  BitWriter part;
  part.bits(0, 5);
  part.trail();
  EXPECT_EQ(part.bytes(), (Bytes{0b00000'100}));
  BitWriter full;
  full.bits(0, 8);
  full.trail();
  EXPECT_EQ(full.bytes(), (Bytes{0, 0x80}));
  BitWriter aligned;
  aligned.align(true);
  aligned.bits(0, 6);
  aligned.align(true);
  aligned.align(true);
  EXPECT_EQ(aligned.bytes(), (Bytes{0b000000'11}));
}

Bytes escaped(const Bytes& payload) {
  Bytes out;
  append_escaped(out, payload);
  return out;
}

TEST(Escaping, three_bytes_that_a_start_code_could_begin_with_are_parted) {
  EXPECT_EQ(escaped({0, 0, 0}), (Bytes{0, 0, 3, 0}));
  EXPECT_EQ(escaped({0, 0, 1}), (Bytes{0, 0, 3, 1}));
  EXPECT_EQ(escaped({0, 0, 2}), (Bytes{0, 0, 3, 2}));
  EXPECT_EQ(escaped({0, 0, 3}), (Bytes{0, 0, 3, 3}));
  EXPECT_EQ(escaped({0, 0, 4}), (Bytes{0, 0, 4}));
  EXPECT_EQ(escaped({0, 1, 0, 0}), (Bytes{0, 1, 0, 0}));
  EXPECT_EQ(escaped({0, 0, 0, 0, 0, 1}), (Bytes{0, 0, 3, 0, 0, 3, 0, 1}));
}

TEST(Escaping, reader_gets_back_every_payload_of_small_bytes) {
  for (std::uint32_t number = 0; number < 5 * 5 * 5 * 5 * 5 * 5; ++number) {
    Bytes payload;
    for (std::uint32_t rest = number, i = 0; i < 6; ++i, rest /= 5) {
      payload.push_back(static_cast<std::uint8_t>(rest % 5));
    }
    const Bytes unit = escaped(payload);
    ASSERT_EQ(unescape_nal(unit), payload);
    for (std::size_t i = 0; i + 2 < unit.size(); ++i) {
      ASSERT_FALSE(unit[i] == 0 && unit[i + 1] == 0 && unit[i + 2] < 3) << number;
    }
  }
}

}  // namespace
}  // namespace sluice::media
