// What an encoder is set to, with parameter sets that are real enough for hold pictures to be made from them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::sim {

enum class Picture : std::uint8_t {
  kMain,        // CAVLC, pic_order_cnt_type 2
  kHigh,        // CABAC, pic_order_cnt_type 0, weighted prediction
  kWide,        // as kHigh, of twice the width
  kInterlaced,  // no copies can be made of it
  kHevc,        // likewise
};
enum class Sound : std::uint8_t {
  kStereo,
  kMono,
  kSurround,  // no silence is known for it
};

struct Format {
  Picture picture = Picture::kHigh;
  Sound sound = Sound::kStereo;
  friend bool operator==(const Format&, const Format&) = default;
};

constexpr bool is_avc(Picture picture) {
  return picture != Picture::kHevc;
}
// Whether a platform can be shown copies of the last key frame.
constexpr bool has_copies(Picture picture) {
  return is_avc(picture) && picture != Picture::kInterlaced;
}
constexpr bool has_silence(Sound sound) {
  return sound != Sound::kSurround;
}

// Whole messages' payloads, without what makes them one of ours (sim/truth.hpp).
Bytes picture_header(Picture picture);
Bytes sound_header(Sound sound);
// The slice header of an IDR picture: its NAL unit up to the macroblocks. `order` is its pic_order_cnt_lsb.
Bytes idr_slice(Picture picture, std::uint32_t order, bool odd);
// A silent frame, a whole message's payload. REQUIRES: has_silence.
ByteView silent_frame(Sound sound);

// Written down a second time: what is wrong with a payload that is to be the `number`-th copy of a key frame
// whose pic_order_cnt_lsb was `key_order`; nullptr: nothing. REQUIRES: has_copies.
const char* fault_of_copy(Picture picture, ByteView payload, std::uint32_t key_order, std::uint32_t number,
                          std::int32_t composition_ms);

}  // namespace sluice::sim
