// What an AAC decoder configuration (AudioSpecificConfig, ISO 14496-3 1.6.2.1) says. For display,
// and to tell one format from another. Runs in the ingest and in relays.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

struct AacInfo {
  std::uint8_t object_type = 0;   // 2 is AAC-LC; 5 (HE-AAC) and 29 (HE-AAC v2) as announced
  std::uint32_t sample_rate = 0;  // of the output: behind SBR, where that is announced
  std::uint8_t channels = 0;      // 0: described elsewhere in the stream
};

// nullopt: cut short, or a reserved sampling frequency.
std::optional<AacInfo> parse_aac_configuration(ByteView configuration);

}  // namespace sluice::media
