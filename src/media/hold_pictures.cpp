// See the header. Section numbers are those of H.264. Runs in a relay.
#include "media/hold_pictures.hpp"

#include <algorithm>
#include <ranges>

#include "media/bit_reader.hpp"
#include "media/bit_writer.hpp"
#include "media/cabac_skip.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kSlice = 1;  // of a picture that is no IDR; 2 to 4 are parts of such a slice
constexpr std::uint8_t kSlicePartC = 4;
constexpr std::uint8_t kIdrSlice = 5;
constexpr std::uint8_t kSps = 7;
constexpr std::uint8_t kPps = 8;
constexpr std::uint8_t kSkippedSliceHeader = 0x21;  // nal_ref_idc 1, non-IDR slice
constexpr std::uint32_t kAllPSlices = 5;            // slice_type: P, and all others of the picture, too
constexpr std::uint32_t kISlice = 2;
constexpr std::size_t kSliceHeaderBytes = 64;  // more than what is read of an I slice's header

std::uint8_t type_of(ByteView nal) {
  return nal[0] & 0x1FU;
}

void append_unit(Bytes& out, std::uint8_t length_bytes, ByteView nal) {
  for (int byte = length_bytes - 1; byte >= 0; --byte) {
    out.push_back(static_cast<std::uint8_t>(nal.size() >> (8 * byte)));
  }
  append(out, nal);
}

// The next unit of AVCC bytes; empty: there is none, or it is damaged.
ByteView take_unit(ByteView& rest, std::uint8_t length_bytes) {
  if (rest.size() < length_bytes) return {};
  std::size_t length = 0;
  for (const std::uint8_t byte : rest.first(length_bytes)) length = length << 8U | byte;
  rest = rest.subspan(length_bytes);
  if (length > rest.size()) return {};
  const ByteView unit = rest.first(length);
  rest = rest.subspan(length);
  return unit;
}

// A later set of the same id replaces an earlier one.
std::optional<AvcPps> find_pps(const AvcParameterSets& sets, std::uint32_t id) {
  for (const ByteView unit : sets.pps | std::views::reverse) {
    const auto pps = parse_avc_pps(unit);
    if (pps && pps->id == id) return pps;
  }
  return std::nullopt;
}

std::optional<AvcSps> find_sps(const AvcParameterSets& sets, std::uint32_t id) {
  for (const ByteView unit : sets.sps | std::views::reverse) {
    const auto sps = parse_avc_sps(unit);
    if (sps && sps->id == id) return sps;
  }
  return std::nullopt;
}

bool can_be_skipped(const AvcSps& sps, const AvcPps& pps) {
  return sps.frames_only && sps.chroma_format == 1 && sps.order_type != 1 && sps.reference_frames > 0 &&
         pps.slice_groups == 1 && pps.initial_qp >= 0 && pps.initial_qp <= 51;
}

}  // namespace

std::optional<HoldPictures> HoldPictures::from(ByteView configuration, ByteView key_frame) {
  auto sets = avc_parameter_sets(configuration);
  if (!sets) return std::nullopt;
  HoldPictures hold;
  hold.nal_length_bytes_ = static_cast<std::uint8_t>((configuration[4] & 3U) + 1);
  if (hold.nal_length_bytes_ == 1) return std::nullopt;
  std::size_t sets_inside = 0;
  bool found_slice = false;
  for (ByteView rest = key_frame; !rest.empty();) {
    const ByteView unit = take_unit(rest, hold.nal_length_bytes_);
    if (unit.empty()) return std::nullopt;
    const std::uint8_t type = type_of(unit);
    if (type >= kSlice && type <= kSlicePartC) return std::nullopt;
    if (type == kSps || type == kPps) {
      if (found_slice || ++sets_inside > kMaxAvcSetsInPicture) return std::nullopt;
      (type == kSps ? sets->sps : sets->pps).push_back(unit);
    } else if (type == kIdrSlice) {
      if (!found_slice && !hold.read_slice(unit, *sets)) return std::nullopt;
      found_slice = true;
    } else {
      continue;
    }
    append_unit(hold.key_frame_, hold.nal_length_bytes_, unit);
  }
  if (!found_slice) return std::nullopt;
  if (hold.pps_.cabac) {
    hold.coded_macroblocks_ =
        skipped_macroblocks(hold.sps_.macroblocks, static_cast<int>(hold.pps_.initial_qp));
  }
  return hold;
}

// slice_header() of an I slice up to its dec_ref_pic_marking() (7.3.3). False: nothing to make pictures from.
bool HoldPictures::read_slice(ByteView unit, const AvcParameterSets& sets) {
  const Bytes slice = unescape_nal(unit.first(std::min(unit.size(), kSliceHeaderBytes)));
  BitReader in(slice);
  in.skip(8);            // NAL header
  in.unsigned_golomb();  // first_mb_in_slice
  if (in.unsigned_golomb() % 5 != kISlice) return false;
  const auto pps = find_pps(sets, in.unsigned_golomb());
  const auto sps = pps ? find_sps(sets, pps->sps_id) : std::nullopt;
  if (!sps || !can_be_skipped(*sps, *pps)) return false;
  pps_ = *pps;
  sps_ = *sps;
  if (in.bits(static_cast<int>(sps_.frame_number_bits)) != 0) return false;
  in.unsigned_golomb();  // idr_pic_id
  if (sps_.order_type == 0) {
    key_order_ = in.bits(static_cast<int>(sps_.order_bits));
    if (pps_.bottom_order_present) in.signed_golomb();  // delta_pic_order_cnt_bottom
  }
  if (pps_.redundant_count_present) in.unsigned_golomb();
  in.skip(1);  // no_output_of_prior_pics_flag
  const bool is_long_term = in.flag();
  // The sliding window of the pictures behind it never drops a long-term picture (8.2.5.3).
  if (is_long_term && sps_.reference_frames == 1) return false;
  return in.ok();
}

Bytes HoldPictures::skipped(std::uint32_t number) const {
  Bytes nal{kSkippedSliceHeader};
  append_escaped(nal, slice_of(number));
  Bytes picture;
  append_unit(picture, nal_length_bytes_, nal);
  return picture;
}

// slice_layer_without_partitioning_rbsp().
Bytes HoldPictures::slice_of(std::uint32_t number) const {
  BitWriter out;
  out.unsigned_golomb(0);  // first_mb_in_slice
  out.unsigned_golomb(kAllPSlices);
  out.unsigned_golomb(pps_.id);
  const int frame_bits = static_cast<int>(sps_.frame_number_bits);
  out.bits(number & ((1U << frame_bits) - 1), frame_bits);
  if (sps_.order_type == 0) {
    const int order_bits = static_cast<int>(sps_.order_bits);
    // Odd, as no encoder counts: OpenH264 before 2.5 shows pictures in the wrong order where one in its queue
    // has the order count of one of the next coded video sequence.
    out.bits((key_order_ + 2 * number - 1) & ((1U << order_bits) - 1), order_bits);
    if (pps_.bottom_order_present) out.unsigned_golomb(0);  // delta_pic_order_cnt_bottom
  }
  if (pps_.redundant_count_present) out.unsigned_golomb(0);
  out.flag(true);          // num_ref_idx_active_override_flag
  out.unsigned_golomb(0);  // one reference: the picture before
  out.flag(false);         // ref_pic_list_modification_flag_l0
  if (pps_.weighted_prediction) {
    out.unsigned_golomb(0);  // luma_log2_weight_denom
    out.unsigned_golomb(0);  // chroma_log2_weight_denom
    out.flag(false);         // luma_weight_l0_flag: default weights
    out.flag(false);         // chroma_weight_l0_flag
  }
  out.flag(false);                         // adaptive_ref_pic_marking_mode_flag: sliding window
  if (pps_.cabac) out.unsigned_golomb(0);  // cabac_init_idc
  out.unsigned_golomb(0);                  // slice_qp_delta
  if (pps_.deblocking_control_present) out.unsigned_golomb(1);  // disable_deblocking_filter_idc: off
  if (pps_.cabac) {
    out.align(true);  // cabac_alignment_one_bit
    Bytes slice = out.bytes();
    append(slice, coded_macroblocks_);
    return slice;
  }
  out.unsigned_golomb(static_cast<std::uint32_t>(sps_.macroblocks));  // mb_skip_run
  out.trail();
  return out.bytes();
}

}  // namespace sluice::media
