// What H.264 parameter sets say, as far as Sluice needs it: the picture's size for people, the fields of a
// slice header for hold pictures. Runs in the ingest and in relays.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace sluice::media {

struct AvcSps {
  std::uint32_t id = 0;
  std::uint32_t width = 0;  // cropped, in pixels
  std::uint32_t height = 0;
  std::uint64_t macroblocks = 0;  // of a frame, not cropped
  std::uint32_t chroma_format = 1;
  bool separate_planes = false;
  bool frames_only = true;              // no fields, no MBAFF
  std::uint32_t frame_number_bits = 4;  // of frame_num, 4 to 16
  std::uint32_t order_type = 0;         // pic_order_cnt_type
  std::uint32_t order_bits = 0;         // of pic_order_cnt_lsb, 4 to 16; type 0 only
  std::uint32_t reference_frames = 0;   // max_num_ref_frames; 0: every picture stands for itself
  std::optional<double> frame_rate;     // from the timing in it, which few encoders fill truthfully
};

struct AvcPps {
  std::uint32_t id = 0;
  std::uint32_t sps_id = 0;
  bool cabac = false;
  bool bottom_order_present = false;
  std::uint64_t slice_groups = 1;  // with more than one, nothing below is filled
  bool weighted_prediction = false;
  std::int64_t initial_qp = 26;
  bool deblocking_control_present = false;
  bool redundant_count_present = false;
};

// A NAL unit with its header and its emulation prevention. nullopt: of another type, cut short, or out of
// bounds.
std::optional<AvcSps> parse_avc_sps(ByteView nal);
std::optional<AvcPps> parse_avc_pps(ByteView nal);

// The units in an avcC record (ISO 14496-15 5.3.3.1), as views into it.
struct AvcParameterSets {
  std::vector<ByteView> sps;
  std::vector<ByteView> pps;
};
// nullopt: not an avcC record. One that is cut short gives what is whole.
std::optional<AvcParameterSets> avc_parameter_sets(ByteView configuration);

}  // namespace sluice::media
