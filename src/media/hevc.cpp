// hvcC and the first part of the SPS (H.265 7.3.2.2). Runs in the ingest.
#include "media/hevc.hpp"

#include <array>

#include "media/bit_reader.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kSpsNalType = 33;

void skip_profile_tier_level(BitReader& in, std::uint32_t max_sub_layers_minus1) {
  in.skip(88 + 8);  // general profile, general level
  std::array<bool, 8> has_profile{};
  std::array<bool, 8> has_level{};
  for (std::uint32_t i = 0; i < max_sub_layers_minus1; ++i) {
    has_profile[i] = in.flag();
    has_level[i] = in.flag();
  }
  if (max_sub_layers_minus1 > 0) in.skip(2 * (8 - max_sub_layers_minus1));
  for (std::uint32_t i = 0; i < max_sub_layers_minus1; ++i) {
    if (has_profile[i]) in.skip(88);
    if (has_level[i]) in.skip(8);
  }
}

void read_sps(ByteView nal, HevcInfo& info) {
  const Bytes sps = unescape_nal(nal);
  BitReader in(sps);
  in.skip(16 + 4);  // NAL header, sps_video_parameter_set_id
  const std::uint32_t max_sub_layers_minus1 = in.bits(3);
  in.skip(1);  // temporal_id_nesting_flag
  skip_profile_tier_level(in, max_sub_layers_minus1);
  in.unsigned_golomb();  // sps_seq_parameter_set_id
  const std::uint32_t chroma_format = in.unsigned_golomb();
  const bool separate_planes = chroma_format == 3 && in.flag();
  std::uint64_t width = in.unsigned_golomb();
  std::uint64_t height = in.unsigned_golomb();
  if (in.flag()) {
    const bool subsampled = !separate_planes;
    const std::uint64_t unit_x = subsampled && (chroma_format == 1 || chroma_format == 2) ? 2 : 1;
    const std::uint64_t unit_y = subsampled && chroma_format == 1 ? 2 : 1;
    const std::uint64_t left = in.unsigned_golomb();
    const std::uint64_t crop_x = (left + in.unsigned_golomb()) * unit_x;
    const std::uint64_t top = in.unsigned_golomb();
    const std::uint64_t crop_y = (top + in.unsigned_golomb()) * unit_y;
    width -= crop_x < width ? crop_x : width;
    height -= crop_y < height ? crop_y : height;
  }
  const bool plausible = width > 0 && height > 0 && width <= kMaxPictureSide && height <= kMaxPictureSide;
  if (!in.ok() || !plausible) return;
  info.width = static_cast<std::uint32_t>(width);
  info.height = static_cast<std::uint32_t>(height);
}

}  // namespace

std::optional<HevcInfo> parse_hevc_configuration(ByteView configuration) {
  constexpr std::size_t kFixedBytes = 23;
  if (configuration.size() < kFixedBytes || configuration[0] != 1) return std::nullopt;
  HevcInfo info;
  info.profile = configuration[1] & 0x1FU;
  info.level = configuration[12];
  ByteView rest = configuration.subspan(kFixedBytes);
  for (int arrays = configuration[22]; arrays > 0 && rest.size() >= 3; --arrays) {
    const std::uint8_t type = rest[0] & 0x3FU;
    int units = load_be16(rest.data() + 1);
    rest = rest.subspan(3);
    for (; units > 0 && rest.size() >= 2; --units) {
      const std::size_t length = load_be16(rest.data());
      rest = rest.subspan(2);
      if (length > rest.size()) return info;
      if (type == kSpsNalType) {
        read_sps(rest.first(length), info);
        return info;
      }
      rest = rest.subspan(length);
    }
  }
  return info;
}

}  // namespace sluice::media
