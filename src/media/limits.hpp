// Every bound the media parsers put on what a publisher may say. Each has a test at its edge.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::media {

inline constexpr int kMaxModExLoops = 8;  // E-RTMP ModEx prefixes of one message; beyond: kOther
// An FLV tag's length field has 24 bits; a reader never buffers more than one tag.
inline constexpr std::size_t kMaxFlvTagBytes = (16U << 20U) - 1;
inline constexpr std::size_t kMaxFlvHeaderBytes = 1024;  // DataOffset of the file header; 9 in practice
inline constexpr std::uint32_t kMaxPictureSide = 16384;  // wider or higher: not a picture size

}  // namespace sluice::media
