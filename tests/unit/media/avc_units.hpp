// H.264 parameter sets and key frames as tests want them, right and wrong.
#pragma once

#include "media/bit_writer.hpp"

namespace sluice::media {

inline Bytes nal_unit(std::uint8_t header, const Bytes& payload) {
  Bytes nal{header};
  append_escaped(nal, payload);
  return nal;
}

// What a test says of a sequence parameter set; the rest is as x264 writes it.
struct SpsWords {
  std::uint32_t profile = 100;
  std::uint32_t id = 0;
  std::uint32_t chroma_format = 1;  // High profiles only
  std::uint32_t frame_number_bits = 4;
  std::uint32_t order_type = 0;
  std::uint32_t order_bits = 6;
  std::uint32_t reference_frames = 3;
  std::uint32_t width_mbs = 20;
  std::uint32_t height_mbs = 12;
  bool frames_only = true;
  std::uint32_t crop_right = 0;
  std::uint32_t crop_bottom = 6;

  Bytes nal() const {
    BitWriter out;
    out.bits(profile, 8);
    out.bits(0, 8);
    out.bits(40, 8);
    out.unsigned_golomb(id);
    if (profile >= 100) {
      out.unsigned_golomb(chroma_format);
      if (chroma_format == 3) out.flag(false);  // separate_colour_plane_flag
      out.unsigned_golomb(0);                   // 8 bit luma
      out.unsigned_golomb(0);                   // 8 bit chroma
      out.flag(false);                          // qpprime_y_zero_transform_bypass_flag
      out.flag(false);                          // no scaling matrix
    }
    out.unsigned_golomb(frame_number_bits - 4);
    out.unsigned_golomb(order_type);
    if (order_type == 0) out.unsigned_golomb(order_bits - 4);
    if (order_type == 1) {
      out.flag(false);         // delta_pic_order_always_zero_flag
      out.unsigned_golomb(0);  // offset_for_non_ref_pic
      out.unsigned_golomb(0);  // offset_for_top_to_bottom_field
      out.unsigned_golomb(1);  // a cycle of one
      out.unsigned_golomb(3);
    }
    out.unsigned_golomb(reference_frames);
    out.flag(false);  // gaps_in_frame_num_value_allowed_flag
    out.unsigned_golomb(width_mbs - 1);
    out.unsigned_golomb(height_mbs - 1);
    out.flag(frames_only);
    if (!frames_only) out.flag(true);  // mb_adaptive_frame_field_flag
    out.flag(true);                    // direct_8x8_inference_flag
    out.flag(true);                    // cropped
    out.unsigned_golomb(0);
    out.unsigned_golomb(crop_right);
    out.unsigned_golomb(0);
    out.unsigned_golomb(crop_bottom);
    out.flag(false);  // no VUI
    out.trail();
    return nal_unit(0x67, out.bytes());
  }
};

struct PpsWords {
  std::uint32_t id = 0;
  std::uint32_t sps_id = 0;
  bool cabac = true;
  bool bottom_order_present = false;
  std::uint32_t slice_groups = 1;
  bool weighted_prediction = true;
  std::int32_t initial_qp = 23;
  bool deblocking_control_present = true;
  bool redundant_count_present = false;

  Bytes nal() const {
    const auto signed_golomb = [](BitWriter& out, std::int32_t value) {
      out.unsigned_golomb(static_cast<std::uint32_t>(value > 0 ? 2 * value - 1 : -2 * value));
    };
    BitWriter out;
    out.unsigned_golomb(id);
    out.unsigned_golomb(sps_id);
    out.flag(cabac);
    out.flag(bottom_order_present);
    out.unsigned_golomb(slice_groups - 1);
    if (slice_groups > 1) out.unsigned_golomb(1);  // dispersed
    out.unsigned_golomb(2);                        // num_ref_idx_l0_default_active_minus1
    out.unsigned_golomb(0);
    out.flag(weighted_prediction);
    out.bits(2, 2);  // weighted_bipred_idc
    signed_golomb(out, initial_qp - 26);
    signed_golomb(out, 0);
    signed_golomb(out, -2);  // chroma_qp_index_offset
    out.flag(deblocking_control_present);
    out.flag(false);  // constrained_intra_pred_flag
    out.flag(redundant_count_present);
    out.trail();
    return nal_unit(0x68, out.bytes());
  }
};

// An avcC record.
inline Bytes avc_record(const std::vector<Bytes>& sps, const std::vector<Bytes>& pps,
                        std::uint8_t length_bytes = 4) {
  Bytes record{1, 100, 0, 40, static_cast<std::uint8_t>(0xFC | (length_bytes - 1))};
  const auto add = [&record](std::uint8_t count_flags, const std::vector<Bytes>& units) {
    append_u8(record, static_cast<std::uint8_t>(count_flags | units.size()));
    for (const Bytes& unit : units) {
      append_be16(record, static_cast<std::uint16_t>(unit.size()));
      append(record, unit);
    }
  };
  add(0xE0, sps);
  add(0, pps);
  return record;
}

// A slice of an IDR picture, followed by `coded` as its macroblocks.
struct IdrSlice {
  std::uint32_t first_macroblock = 0;
  std::uint32_t type = 7;  // I, as all of the picture
  std::uint32_t pps_id = 0;
  std::uint32_t frame_number = 0;
  std::uint32_t order = 0;
  bool long_term = false;
  Bytes coded = {0x12, 0, 0, 1, 0x34, 0, 0, 3, 0x56};

  Bytes nal(const SpsWords& sps = {}, const PpsWords& pps = {}) const {
    BitWriter out;
    out.unsigned_golomb(first_macroblock);
    out.unsigned_golomb(type);
    out.unsigned_golomb(pps_id);
    out.bits(frame_number, static_cast<int>(sps.frame_number_bits));
    out.unsigned_golomb(9);  // idr_pic_id
    if (sps.order_type == 0) {
      out.bits(order, static_cast<int>(sps.order_bits));
      if (pps.bottom_order_present) out.unsigned_golomb(0);
    }
    if (pps.redundant_count_present) out.unsigned_golomb(0);
    out.flag(false);  // no_output_of_prior_pics_flag
    out.flag(long_term);
    out.align(true);
    Bytes payload = out.bytes();
    append(payload, coded);
    return nal_unit(0x65, payload);
  }
};

// AVCC bytes.
inline Bytes avcc(const std::vector<Bytes>& units, std::uint8_t length_bytes = 4) {
  Bytes out;
  for (const Bytes& unit : units) {
    for (int byte = length_bytes - 1; byte >= 0; --byte) {
      out.push_back(static_cast<std::uint8_t>(unit.size() >> (8 * byte)));
    }
    append(out, unit);
  }
  return out;
}

}  // namespace sluice::media
