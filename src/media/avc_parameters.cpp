// SPS and PPS parsing (H.264 7.3.2.1.1, 7.3.2.2, E.1.1). Runs in the ingest and in relays.
#include "media/avc_parameters.hpp"

#include "media/bit_reader.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kSpsType = 7;
constexpr std::uint8_t kPpsType = 8;
constexpr std::uint32_t kMaxOrderType = 2;

// The width of frame_num or pic_order_cnt_lsb: written less 4, at most 16 (7.4.2.1.1). 0: out of bounds.
std::uint32_t read_counter_width(BitReader& in) {
  const std::uint32_t above_four = in.unsigned_golomb();
  return above_four <= 12 ? above_four + 4 : 0;
}

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

void read_picture_order(BitReader& in, AvcSps& sps) {
  sps.order_type = in.unsigned_golomb();
  if (sps.order_type == 0) {
    sps.order_bits = read_counter_width(in);
  } else if (sps.order_type == 1) {
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

// Cropped; the macroblocks are not. nullopt: no picture is that large, or nothing is left of it.
std::optional<Size> read_size(BitReader& in, const Chroma& chroma, AvcSps& sps) {
  const std::uint64_t width_mbs = std::uint64_t{in.unsigned_golomb()} + 1;
  const std::uint64_t height_units = std::uint64_t{in.unsigned_golomb()} + 1;
  sps.frames_only = in.flag();
  if (!sps.frames_only) in.skip(1);
  in.skip(1);  // direct_8x8_inference_flag
  const std::uint64_t fields = sps.frames_only ? 1 : 2;
  Size size{width_mbs * 16, height_units * 16 * fields};
  if (size.width > kMaxPictureSide || size.height > kMaxPictureSide) return std::nullopt;
  sps.macroblocks = width_mbs * height_units * fields;
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
  if (crop_x >= size.width || crop_y >= size.height) return std::nullopt;
  return Size{size.width - crop_x, size.height - crop_y};
}

bool is_lawful(const AvcSps& sps) {
  return sps.id <= kMaxAvcSpsId && sps.frame_number_bits > 0 && sps.order_type <= kMaxOrderType &&
         (sps.order_type != 0 || sps.order_bits > 0);
}

// The units of one of avcC's two lists; moves `rest` behind them. False: cut short.
bool read_units(ByteView& rest, std::size_t count, std::vector<ByteView>& units) {
  for (; count > 0; --count) {
    if (rest.size() < 2) return false;
    const std::size_t length = load_be16(rest.data());
    if (length > rest.size() - 2) return false;
    units.push_back(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
  }
  return true;
}

}  // namespace

std::optional<AvcSps> parse_avc_sps(ByteView nal) {
  if (nal.empty() || (nal[0] & 0x1FU) != kSpsType) return std::nullopt;
  const Bytes bytes = unescape_nal(nal);
  BitReader in(bytes);
  AvcSps sps;
  in.skip(8);  // NAL header
  const std::uint32_t profile = in.bits(8);
  in.skip(16);  // constraint flags, level
  sps.id = in.unsigned_golomb();
  const Chroma chroma = has_chroma_format(profile) ? read_chroma(in) : Chroma{};
  sps.chroma_format = chroma.format;
  sps.separate_planes = chroma.separate_planes;
  sps.frame_number_bits = read_counter_width(in);
  read_picture_order(in, sps);
  sps.reference_frames = in.unsigned_golomb();
  in.skip(1);  // gaps_in_frame_num_value_allowed_flag
  const auto size = read_size(in, chroma, sps);
  const bool has_vui = in.flag();
  if (!in.ok() || !size || !is_lawful(sps)) return std::nullopt;
  sps.width = static_cast<std::uint32_t>(size->width);
  sps.height = static_cast<std::uint32_t>(size->height);
  if (has_vui) sps.frame_rate = read_frame_rate(in);
  return sps;
}

std::optional<AvcPps> parse_avc_pps(ByteView nal) {
  if (nal.empty() || (nal[0] & 0x1FU) != kPpsType) return std::nullopt;
  const Bytes bytes = unescape_nal(nal);
  BitReader in(bytes);
  AvcPps pps;
  in.skip(8);  // NAL header
  pps.id = in.unsigned_golomb();
  pps.sps_id = in.unsigned_golomb();
  pps.cabac = in.flag();
  pps.bottom_order_present = in.flag();
  pps.slice_groups = std::uint64_t{in.unsigned_golomb()} + 1;
  if (pps.id > kMaxAvcPpsId || pps.sps_id > kMaxAvcSpsId) return std::nullopt;
  if (pps.slice_groups > 1) return in.ok() ? std::optional(pps) : std::nullopt;  // what follows differs
  in.unsigned_golomb();  // num_ref_idx_l0_default_active_minus1
  in.unsigned_golomb();  // num_ref_idx_l1_default_active_minus1
  pps.weighted_prediction = in.flag();
  in.skip(2);  // weighted_bipred_idc
  pps.initial_qp = 26 + in.signed_golomb();
  in.signed_golomb();  // pic_init_qs_minus26
  in.signed_golomb();  // chroma_qp_index_offset
  pps.deblocking_control_present = in.flag();
  in.skip(1);  // constrained_intra_pred_flag
  pps.redundant_count_present = in.flag();
  if (!in.ok()) return std::nullopt;
  return pps;
}

std::optional<AvcParameterSets> avc_parameter_sets(ByteView configuration) {
  constexpr std::size_t kFixedBytes = 6;
  if (configuration.size() < kFixedBytes || configuration[0] != 1) return std::nullopt;
  AvcParameterSets sets;
  ByteView rest = configuration.subspan(kFixedBytes);
  if (!read_units(rest, configuration[5] & 0x1FU, sets.sps) || rest.empty()) return sets;
  const std::size_t pps_count = rest[0];
  rest = rest.subspan(1);
  read_units(rest, pps_count, sets.pps);
  return sets;
}

}  // namespace sluice::media
