// What an H.264 decoder configuration (avcC, ISO 14496-15 5.3.3.1) says about the picture. For display and
// advice only: nothing is decided from it that could stop a stream. Runs in the ingest.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

struct AvcInfo {
  std::uint8_t profile = 0;           // profile_idc
  std::uint8_t level = 0;             // level_idc: 31 is level 3.1
  std::uint8_t nal_length_bytes = 4;  // 1 to 4: the width of the length before each NAL unit
  std::uint32_t width = 0;            // cropped; 0 when the record holds no readable SPS
  std::uint32_t height = 0;
  std::optional<double> frame_rate;  // from the SPS's timing, which few encoders fill truthfully
};

// `configuration`: media_body() of a sequence header. nullopt: not an avcC record.
std::optional<AvcInfo> parse_avc_configuration(ByteView configuration);

}  // namespace sluice::media
