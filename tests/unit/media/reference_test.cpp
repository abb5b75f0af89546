// Which frames nothing is predicted from.
#include "media/reference.hpp"

#include <gtest/gtest.h>

namespace sluice::media {
namespace {

bool unreferenced(const Bytes& payload, std::uint8_t nal_length_bytes = 4) {
  const MessageView message{MessageKind::kVideo, 0, payload};
  return is_unreferenced(message, inspect(message), nal_length_bytes);
}

TEST(ReferenceTest, a_frame_is_unreferenced_when_all_its_slices_are) {
  EXPECT_TRUE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x01, 9}));
  EXPECT_TRUE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x01, 9, 0, 0, 0, 2, 0x01, 8}));
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 9}));
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x01, 9, 0, 0, 0, 2, 0x21, 8}));
}

TEST(ReferenceTest, units_that_are_no_slices_do_not_count) {
  // A delimiter and an SEI before it; alone they are no frame.
  EXPECT_TRUE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x09, 0, 0, 0, 1, 0x06, 0, 0, 0, 1, 0x01}));
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x09, 0, 0, 0, 1, 0x06}));
}

TEST(ReferenceTest, the_width_of_the_lengths_is_the_headers) {
  EXPECT_TRUE(unreferenced({0x27, 1, 0, 0, 0, 0, 2, 0x01, 9}, 2));
  EXPECT_TRUE(unreferenced({0x27, 1, 0, 0, 0, 1, 0x01}, 1));
}

TEST(ReferenceTest, what_cannot_be_read_is_kept) {
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 9, 0x01}));                   // longer than the frame
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0, 0, 0, 0x01}));                   // an empty unit
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0, 0, 0}));                               // a cut length
  EXPECT_FALSE(unreferenced({0x27, 1, 0, 0, 0}));                                     // nothing
  EXPECT_FALSE(unreferenced({0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x01}));                   // a key frame
  EXPECT_FALSE(unreferenced({0x27, 0, 0, 0, 0, 0, 0, 0, 1, 0x01}));                   // a header
  EXPECT_FALSE(unreferenced({0xA1, 'h', 'v', 'c', '1', 0, 0, 0, 0, 0, 0, 1, 0x00}));  // HEVC
}

}  // namespace
}  // namespace sluice::media
