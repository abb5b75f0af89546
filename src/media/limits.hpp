// Every bound the media parsers put on what a publisher may say. Each has a test at its edge.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::media {

inline constexpr int kMaxModExLoops = 8;  // E-RTMP ModEx prefixes of one message; beyond: kOther
// An FLV tag's length field has 24 bits; a reader never buffers more than one tag.
inline constexpr std::size_t kMaxFlvTagBytes = (16U << 20U) - 1;
inline constexpr std::size_t kMaxFlvHeaderBytes = 1024;  // DataOffset of the file header; 9 in practice
// Of what is kept as decoder configuration; real ones have 30 to 300 bytes.
inline constexpr std::size_t kMaxSequenceHeaderBytes = 64U << 10U;
// Of a clip (docs/clip.md): 30 s at 17 Mbit/s, and 30 s of 240 pictures and 300 pieces of sound each second.
inline constexpr std::size_t kMaxClipBytes = 64U << 20U;
inline constexpr std::size_t kMaxClipFrames = 16384;
inline constexpr std::uint32_t kMaxClipMs = 30'000;      // 15 s, and at most 15 s more up to a key frame
inline constexpr std::uint32_t kMaxPictureSide = 16384;  // wider or higher: not a picture size
inline constexpr std::uint32_t kMaxAvcSpsId = 31;        // H.264 7.4.2.1.1
inline constexpr std::uint32_t kMaxAvcPpsId = 255;       // H.264 7.4.2.2
// SPS or PPS units inside one H.264 access unit; encoders that send them there send one of each.
inline constexpr std::size_t kMaxAvcSetsInPicture = 32;

}  // namespace sluice::media
