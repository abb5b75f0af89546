// Picture size of an AV1 decoder configuration (av1C, AV1 Codec ISO Media File Format Binding 2.3). For
// display, and to tell one format from another. Runs in the ingest and in relays.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

struct Av1Info {
  std::uint8_t profile = 0;
  std::uint32_t width =
      0;  // the largest a frame may have; 0 when the record holds no readable sequence header
  std::uint32_t height = 0;
};

// nullopt: not an av1C record.
std::optional<Av1Info> parse_av1_configuration(ByteView configuration);

}  // namespace sluice::media
