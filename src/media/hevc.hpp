// Picture size of an HEVC decoder configuration (hvcC, ISO 14496-15 8.3.3.1). For display, and to
// tell one format from another. Runs in the ingest and in relays.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

struct HevcInfo {
  std::uint8_t profile = 0;  // general_profile_idc
  std::uint8_t level = 0;    // general_level_idc: 93 is level 3.1
  std::uint32_t width = 0;   // cropped; 0 when the record holds no readable SPS
  std::uint32_t height = 0;
};

// nullopt: not an hvcC record.
std::optional<HevcInfo> parse_hevc_configuration(ByteView configuration);

}  // namespace sluice::media
