// Numbers to bytes and back, with the order of the wire.
#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Bytes, big_endian_numbers_lie_with_the_highest_byte_first) {
  Bytes out;
  append_u8(out, 0xFE);
  append_be16(out, 0x0102);
  append_be24(out, 0xFF030405);  // the highest byte has no place
  append_be32(out, 0x06070809);
  append_be64(out, 0x0A0B0C0D0E0F1011);
  EXPECT_EQ(out, (Bytes{0xFE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}));
}

TEST(Bytes, the_little_endian_number_lies_with_the_lowest_byte_first) {
  Bytes out;
  append_le32(out, 0x04030201);
  EXPECT_EQ(out, (Bytes{1, 2, 3, 4}));
}

TEST(Bytes, loads_give_back_what_was_stored_up_to_the_largest_number) {
  Bytes out;
  append_be16(out, 0xFFFE);
  append_be24(out, 0xFFFFFD);
  append_be32(out, 0xFFFFFFFC);
  append_be64(out, 0xFFFFFFFFFFFFFFFB);
  append_le32(out, 0xFFFFFFFA);
  EXPECT_EQ(load_be16(out.data()), 0xFFFE);
  EXPECT_EQ(load_be24(out.data() + 2), 0xFFFFFDU);
  EXPECT_EQ(load_be32(out.data() + 5), 0xFFFFFFFCU);
  EXPECT_EQ(load_be64(out.data() + 9), 0xFFFFFFFFFFFFFFFBU);
  EXPECT_EQ(load_le32(out.data() + 17), 0xFFFFFFFAU);
}

TEST(Bytes, views_of_text_keep_zeros) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(as_text(as_bytes(text)), text);
}

}  // namespace
}  // namespace sluice
