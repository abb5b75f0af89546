// What an Opus identification header (OpusHead, RFC 7845 5.1) says. For display only. Runs in the ingest.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

// Opus is always decoded at this rate; the one in the header is only that of the recording.
inline constexpr std::uint32_t kOpusSampleRate = 48000;

struct OpusInfo {
  std::uint8_t channels = 0;
};

// nullopt: not an OpusHead, or one of a later, incompatible version.
std::optional<OpusInfo> parse_opus_configuration(ByteView configuration);

}  // namespace sluice::media
