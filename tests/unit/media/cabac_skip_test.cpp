// The arithmetic coder against bytes that x264 wrote.
#include "media/cabac_skip.hpp"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

// Slice data of the P frames that x264 codes for a grey picture that stands still (read out with FFmpeg's
// trace_headers), by number of macroblocks and SliceQPY.
TEST(SkippedMacroblocks, bytes_are_those_of_x264) {
  const auto zeros = [](std::size_t count, Bytes front, const Bytes& back) {
    front.resize(front.size() + count);
    front.insert(front.end(), back.begin(), back.end());
    return front;
  };
  EXPECT_EQ(skipped_macroblocks(1, 1), (Bytes{0xFE, 0xF0}));
  EXPECT_EQ(skipped_macroblocks(3, 30), (Bytes{0x6D, 0xC0}));
  EXPECT_EQ(skipped_macroblocks(16, 51), (Bytes{0x7B, 0x40}));
  EXPECT_EQ(skipped_macroblocks(240, 26), (Bytes{0, 0, 0x2C, 0xA0}));
  EXPECT_EQ(skipped_macroblocks(256, 10), (Bytes{0xFE, 0xA7, 0x84, 0, 0x02, 0xB6}));
  EXPECT_EQ(skipped_macroblocks(880, 33), zeros(4, {}, {0x06, 0x54}));
  EXPECT_EQ(skipped_macroblocks(3600, 20), zeros(16, {0xE4, 0x40}, {0x02, 0x82}));  // 720p
  EXPECT_EQ(skipped_macroblocks(8160, 23), zeros(39, {}, {0x24, 0xE0}));            // 1080p
  EXPECT_EQ(skipped_macroblocks(32400, 28), zeros(150, {}, {0x01, 0x5B}));          // 2160p
}

TEST(SkippedMacroblocks, last_byte_holds_the_stop_bit_at_every_count_and_qp) {
  for (int qp = 0; qp <= 51; ++qp) {
    std::size_t last_size = 0;
    for (std::uint64_t count = 1; count < 400; ++count) {
      const Bytes data = skipped_macroblocks(count, qp);
      ASSERT_NE(data.back(), 0) << count << " at " << qp;
      ASSERT_GE(data.size() + 1, last_size);
      ASSERT_LE(data.size(), 4 + count / 8);
      last_size = data.size();
    }
  }
}

}  // namespace
}  // namespace sluice::media
