// AudioSpecificConfig parsing. Runs in the ingest.
#include "media/aac.hpp"

#include <array>

#include "media/bit_reader.hpp"

namespace sluice::media {
namespace {

constexpr std::uint32_t kSbr = 5;
constexpr std::uint32_t kParametricStereo = 29;

std::uint32_t read_object_type(BitReader& in) {
  constexpr std::uint32_t kEscape = 31;
  const std::uint32_t type = in.bits(5);
  return type == kEscape ? 32 + in.bits(6) : type;
}

// 0: reserved.
std::uint32_t read_sample_rate(BitReader& in) {
  constexpr std::array<std::uint32_t, 16> rates{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050,
                                                16000, 12000, 11025, 8000,  7350,  0,     0,     0};
  const std::uint32_t index = in.bits(4);
  return index == 15 ? in.bits(24) : rates[index];
}

}  // namespace

std::optional<AacInfo> parse_aac_configuration(ByteView configuration) {
  constexpr std::array<std::uint8_t, 16> channels{0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0};
  BitReader in(configuration);
  AacInfo info;
  const std::uint32_t type = read_object_type(in);
  info.object_type = static_cast<std::uint8_t>(type);
  info.sample_rate = read_sample_rate(in);
  info.channels = channels[in.bits(4)];
  if (type == kSbr || type == kParametricStereo) info.sample_rate = read_sample_rate(in);
  if (type == kParametricStereo && info.channels == 1) info.channels = 2;
  if (!in.ok() || info.sample_rate == 0) return std::nullopt;
  return info;
}

}  // namespace sluice::media
