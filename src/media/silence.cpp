// See the header. The frames are known from MediaMTX (mono) and FFmpeg-based tools (stereo); that they decode
// to exact zeros without a warning is tested with real decoders.
#include "media/silence.hpp"

#include <array>

#include "media/aac.hpp"
#include "media/bit_reader.hpp"

namespace sluice::media {
namespace {

constexpr std::array<std::uint8_t, 4> kMono = {0x01, 0x18, 0x20, 0x07};
constexpr std::array<std::uint8_t, 6> kStereo = {0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C};
constexpr std::uint8_t kLowComplexity = 2;
constexpr std::size_t kPlainBytes = 2;  // of a configuration that announces no extension

// frameLengthFlag (960 samples), dependsOnCoreCoder, extensionFlag: GASpecificConfig, ISO 14496-3 4.4.1.
bool has_plain_frames(ByteView configuration) {
  return (configuration[1] & 7U) == 0;
}

}  // namespace

std::optional<Silence> silence_for(ByteView configuration) {
  const auto info = parse_aac_configuration(configuration);
  if (!info || info->object_type != kLowComplexity || configuration.size() < kPlainBytes) return std::nullopt;
  const std::uint8_t rate_index =
      static_cast<std::uint8_t>((configuration[0] & 7U) << 1U | configuration[1] >> 7U);
  if (rate_index == 15 || !has_plain_frames(configuration)) return std::nullopt;
  if (info->channels == 1) return Silence{kMono, info->sample_rate};
  if (info->channels == 2) return Silence{kStereo, info->sample_rate};
  return std::nullopt;
}

}  // namespace sluice::media
