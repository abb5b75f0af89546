// avcC and SPS parsing (H.264 7.3.2.1.1, E.1.1). Runs in the ingest.
#include "media/avc.hpp"

#include "media/bit_reader.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

bool has_chroma_format(std::uint32_t profile) {
  switch (profile) {
    case 44:
    case 83:
    case 86:
    case 100:
    case 110:
    case 118:
    case 122:
    case 128:
    case 134:
    case 135:
    case 138:
    case 139:
    case 244:
      return true;
    default:
      return false;
  }
}

void skip_scaling_list(BitReader& in, int size) {
  std::int64_t last = 8;
  std::int64_t next = 8;
  for (int i = 0; i < size && in.ok(); ++i) {
    if (next != 0) next = (last + in.signed_golomb() + 256) % 256;
    last = next == 0 ? last : next;
  }
}

struct Chroma {
  std::uint32_t format = 1;  // 4:2:0 where the profile does not say
  bool separate_planes = false;
};

Chroma read_chroma(BitReader& in) {
  Chroma chroma;
  chroma.format = in.unsigned_golomb();
  if (chroma.format == 3) chroma.separate_planes = in.flag();
  in.unsigned_golomb();  // bit_depth_luma_minus8
  in.unsigned_golomb();  // bit_depth_chroma_minus8
  in.skip(1);            // qpprime_y_zero_transform_bypass_flag
  if (in.flag()) {
    const int lists = chroma.format == 3 ? 12 : 8;
    for (int i = 0; i < lists && in.ok(); ++i) {
      if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
    }
  }
  return chroma;
}

void skip_picture_order(BitReader& in) {
  const std::uint32_t type = in.unsigned_golomb();
  if (type == 0) {
    in.unsigned_golomb();
  } else if (type == 1) {
    in.skip(1);
    in.signed_golomb();
    in.signed_golomb();
    const std::uint32_t cycle = in.unsigned_golomb();
    for (std::uint32_t i = 0; i < cycle && in.ok(); ++i) in.signed_golomb();
  }
}

std::optional<double> read_frame_rate(BitReader& in) {
  constexpr std::uint32_t kExtendedSar = 255;
  if (in.flag() && in.bits(8) == kExtendedSar) in.skip(32);
  if (in.flag()) in.skip(1);  // overscan
  if (in.flag()) {            // video_signal_type
    in.skip(4);
    if (in.flag()) in.skip(24);
  }
  if (in.flag()) {  // chroma_loc_info
    in.unsigned_golomb();
    in.unsigned_golomb();
  }
  if (!in.flag()) return std::nullopt;
  const std::uint32_t units = in.bits(32);
  const std::uint32_t scale = in.bits(32);
  if (!in.ok() || units == 0 || scale == 0) return std::nullopt;
  return scale / (2.0 * units);  // a unit is a field
}

struct Size {
  std::uint64_t width;
  std::uint64_t height;
};

Size read_size(BitReader& in, const Chroma& chroma) {
  const std::uint64_t width_mbs = std::uint64_t{in.unsigned_golomb()} + 1;
  const std::uint64_t height_units = std::uint64_t{in.unsigned_golomb()} + 1;
  const bool frame_mbs_only = in.flag();
  if (!frame_mbs_only) in.skip(1);
  in.skip(1);  // direct_8x8_inference_flag
  const std::uint64_t fields = frame_mbs_only ? 1 : 2;
  Size size{width_mbs * 16, height_units * 16 * fields};
  if (!in.flag()) return size;
  const bool subsampled = !chroma.separate_planes;
  const std::uint64_t unit_x = subsampled && (chroma.format == 1 || chroma.format == 2) ? 2 : 1;
  const std::uint64_t unit_y = (subsampled && chroma.format == 1 ? 2 : 1) * fields;
  const std::uint64_t left = in.unsigned_golomb();
  const std::uint64_t right = in.unsigned_golomb();
  const std::uint64_t top = in.unsigned_golomb();
  const std::uint64_t bottom = in.unsigned_golomb();
  const std::uint64_t crop_x = (left + right) * unit_x;
  const std::uint64_t crop_y = (top + bottom) * unit_y;
  size.width -= crop_x < size.width ? crop_x : size.width;
  size.height -= crop_y < size.height ? crop_y : size.height;
  return size;
}

void read_sps(ByteView nal, AvcInfo& info) {
  const Bytes sps = unescape_nal(nal);
  BitReader in(sps);
  in.skip(8);  // NAL header
  const std::uint32_t profile = in.bits(8);
  in.skip(16);           // constraint flags, level
  in.unsigned_golomb();  // seq_parameter_set_id
  const Chroma chroma = has_chroma_format(profile) ? read_chroma(in) : Chroma{};
  in.unsigned_golomb();  // log2_max_frame_num_minus4
  skip_picture_order(in);
  in.unsigned_golomb();  // max_num_ref_frames
  in.skip(1);            // gaps_in_frame_num_value_allowed_flag
  const Size size = read_size(in, chroma);
  const bool has_vui = in.flag();
  const bool plausible =
      size.width > 0 && size.height > 0 && size.width <= kMaxPictureSide && size.height <= kMaxPictureSide;
  if (!in.ok() || !plausible) return;
  info.width = static_cast<std::uint32_t>(size.width);
  info.height = static_cast<std::uint32_t>(size.height);
  if (has_vui) info.frame_rate = read_frame_rate(in);
}

}  // namespace

std::optional<AvcInfo> parse_avc_configuration(ByteView configuration) {
  constexpr std::size_t kFixedBytes = 6;
  if (configuration.size() < kFixedBytes || configuration[0] != 1) return std::nullopt;
  AvcInfo info;
  info.profile = configuration[1];
  info.level = configuration[3];
  info.nal_length_bytes = static_cast<std::uint8_t>((configuration[4] & 3U) + 1);
  const bool has_sps = (configuration[5] & 0x1FU) != 0;
  ByteView rest = configuration.subspan(kFixedBytes);
  if (!has_sps || rest.size() < 2) return info;
  const std::size_t length = load_be16(rest.data());
  rest = rest.subspan(2);
  if (length <= rest.size()) read_sps(rest.first(length), info);
  return info;
}

}  // namespace sluice::media
