// See the header. The frames are known from MediaMTX (mono) and FFmpeg-based tools (stereo); that they decode
// to exact zeros without a warning is tested with real decoders (tests/integration/test_hold_pictures.py).
#include "media/silence.hpp"

#include <array>

#include "media/aac.hpp"
#include "media/bit_reader.hpp"

namespace sluice::media {
namespace {

constexpr std::array<std::uint8_t, 4> kMono = {0x01, 0x18, 0x20, 0x07};
constexpr std::array<std::uint8_t, 6> kStereo = {0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C};
constexpr std::uint32_t kLowComplexity = 2;
constexpr std::uint32_t kSbr = 5;
constexpr std::uint32_t kWrittenOut = 15;  // samplingFrequencyIndex: the rate follows in 24 bits
constexpr std::uint32_t kExtensionSync = 0x2B7;

// An announcement of SBR that old decoders do not see (ISO 14496-3 1.6.6.1); encoders of plain AAC-LC often
// write one that says "none".
bool announces_sbr(BitReader& in) {
  return in.bits(11) == kExtensionSync && in.bits(5) == kSbr && in.flag() && in.ok();
}

}  // namespace

std::optional<Silence> silence_for(ByteView configuration) {
  const auto info = parse_aac_configuration(configuration);
  if (!info) return std::nullopt;
  BitReader in(configuration);
  if (in.bits(5) != kLowComplexity || in.bits(4) == kWrittenOut) return std::nullopt;
  const std::uint32_t channels = in.bits(4);
  // frameLengthFlag (960 samples), dependsOnCoreCoder, extensionFlag: GASpecificConfig, 4.4.1.
  if (in.bits(3) != 0 || !in.ok() || announces_sbr(in)) return std::nullopt;
  if (channels == 1) return Silence{kMono, info->sample_rate};
  if (channels == 2) return Silence{kStereo, info->sample_rate};
  return std::nullopt;
}

}  // namespace sluice::media
