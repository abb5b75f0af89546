// Silent AAC frames for a source that is away, without encoding. Sans-I/O; runs in a relay.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::media {

inline constexpr std::uint32_t kAacFrameSamples = 1024;

struct Silence {
  ByteView frame;  // one raw AAC-LC frame of 1024 silent samples; static
  std::uint32_t sample_rate = 0;
};

// For an AudioSpecificConfig of AAC-LC, mono or stereo, 1024 samples a frame, without SBR or PS. A silent
// frame holds nothing that depends on the sample rate. nullopt: another codec configuration.
std::optional<Silence> silence_for(ByteView configuration);

}  // namespace sluice::media
