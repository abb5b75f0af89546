// See the header.
#include "sim/format.hpp"

#include <algorithm>

#include "media/bit_reader.hpp"
#include "media/bit_writer.hpp"

namespace sluice::sim {
namespace {

using media::BitWriter;

constexpr std::uint8_t kMainProfile = 77;
constexpr std::uint8_t kHighProfile = 100;
constexpr std::uint8_t kLevel = 31;
constexpr int kFrameNumberBits = 4;
constexpr std::size_t kMessageHeader = 5;  // FLV's, of a picture
constexpr std::size_t kUnitLength = 4;

struct Profile {
  std::uint8_t number;
  std::uint32_t width_mbs;
  bool frames_only;
  bool cabac;
  int order_bits;  // 0: pic_order_cnt_type 2
};

Profile profile_of(Picture picture) {
  switch (picture) {
    case Picture::kMain:
      return {kMainProfile, 1, true, false, 0};
    case Picture::kWide:
      return {kHighProfile, 2, true, true, 6};
    case Picture::kInterlaced:
      return {kHighProfile, 1, false, true, 4};
    default:
      return {kHighProfile, 1, true, true, 4};
  }
}

Bytes unit(std::uint8_t header, const BitWriter& bits) {
  Bytes nal{header};
  media::append_escaped(nal, bits.bytes());
  return nal;
}

Bytes sps_of(const Profile& profile) {
  BitWriter out;
  out.bits(profile.number, 8);
  out.bits(0, 8);  // constraint flags
  out.bits(kLevel, 8);
  out.unsigned_golomb(0);  // seq_parameter_set_id
  if (profile.number == kHighProfile) {
    out.unsigned_golomb(1);  // 4:2:0
    out.unsigned_golomb(0);  // 8 bits
    out.unsigned_golomb(0);
    out.bits(0, 2);  // no bypass, no scaling matrix
  }
  out.unsigned_golomb(kFrameNumberBits - 4);
  out.unsigned_golomb(profile.order_bits > 0 ? 0 : 2);
  if (profile.order_bits > 0) out.unsigned_golomb(static_cast<std::uint32_t>(profile.order_bits - 4));
  out.unsigned_golomb(2);  // max_num_ref_frames
  out.flag(false);
  out.unsigned_golomb(profile.width_mbs - 1);
  out.unsigned_golomb(0);
  out.flag(profile.frames_only);
  if (!profile.frames_only) out.flag(true);  // MBAFF
  out.flag(true);                            // direct_8x8_inference_flag
  out.bits(0, 2);                            // no cropping, no VUI
  out.trail();
  return unit(0x67, out);
}

Bytes pps_of(const Profile& profile) {
  BitWriter out;
  out.unsigned_golomb(0);  // pic_parameter_set_id
  out.unsigned_golomb(0);  // seq_parameter_set_id
  out.flag(profile.cabac);
  out.flag(false);
  for (int i = 0; i < 3; ++i) out.unsigned_golomb(0);  // one slice group, one reference each way
  out.flag(profile.cabac);                             // weighted_pred_flag
  out.bits(0, 2);
  for (int i = 0; i < 3; ++i) out.unsigned_golomb(0);  // quantisers
  out.flag(true);                                      // deblocking_filter_control_present_flag
  out.bits(0, 2);
  out.trail();
  return unit(0x68, out);
}

void append_set(Bytes& out, const Bytes& nal) {
  out.push_back(1);
  append_be16(out, static_cast<std::uint16_t>(nal.size()));
  append(out, nal);
}

}  // namespace

Bytes picture_header(Picture picture) {
  if (picture == Picture::kHevc) {
    Bytes out{0x90, 'h', 'v', 'c', '1'};
    Bytes record(23, 0);  // hvcC without parameter sets
    record[0] = record[1] = 1;
    record[12] = 93;
    append(out, record);
    return out;
  }
  const Profile profile = profile_of(picture);
  Bytes out{0x17, 0, 0, 0, 0, 1, profile.number, 0, kLevel, 0xFF};
  Bytes sps = sps_of(profile);
  append_set(out, sps);
  out[10] = 0xE1;
  append_set(out, pps_of(profile));
  return out;
}

Bytes sound_header(Sound sound) {
  switch (sound) {
    case Sound::kStereo:
      return {0xAF, 0, 0x11, 0x90};
    case Sound::kMono:
      return {0xAF, 0, 0x12, 0x08};
    case Sound::kSurround:
      return {0xAF, 0, 0x11, 0xB0};
  }
  return {};
}

Bytes idr_slice(Picture picture, std::uint32_t order, bool odd) {
  if (picture == Picture::kHevc) return {0x26, 0x01};  // IDR_W_RADL
  const Profile profile = profile_of(picture);
  BitWriter out;
  out.unsigned_golomb(0);  // first_mb_in_slice
  out.unsigned_golomb(7);  // I, as all others
  out.unsigned_golomb(0);
  out.bits(0, kFrameNumberBits);
  if (!profile.frames_only) out.flag(false);  // field_pic_flag
  out.unsigned_golomb(odd ? 1 : 0);           // idr_pic_id
  if (profile.order_bits > 0) out.bits(order, profile.order_bits);
  out.bits(0, 2);  // no_output_of_prior_pics_flag, long_term_reference_flag
  out.align(true);
  return unit(0x65, out);
}

ByteView silent_frame(Sound sound) {
  static constexpr std::uint8_t stereo[] = {0xAF, 1, 0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C};
  static constexpr std::uint8_t mono[] = {0xAF, 1, 0x01, 0x18, 0x20, 0x07};
  return sound == Sound::kMono ? ByteView(mono) : ByteView(stereo);
}

const char* fault_of_copy(Picture picture, ByteView payload, std::uint32_t key_order, std::uint32_t number,
                          std::int32_t composition_ms) {
  constexpr std::size_t fixed = kMessageHeader + kUnitLength;
  if (payload.size() < fixed + 3) return "too short for a copy";
  if (payload[0] != 0x27 || payload[1] != 1) return "a copy that is no inter frame";
  if (load_be24(payload.data() + 2) != static_cast<std::uint32_t>(composition_ms))
    return "a copy that is not shown as its key frame";
  if (load_be32(payload.data() + kMessageHeader) != payload.size() - fixed)
    return "a copy of more than one unit";
  const Bytes slice = media::unescape_nal(payload.subspan(fixed));
  if ((slice[0] & 0x1FU) != 1 || (slice[0] & 0x60U) == 0) return "a copy that is no reference picture";
  const Profile profile = profile_of(picture);
  media::BitReader in(slice);
  in.skip(8);
  if (in.unsigned_golomb() != 0 || in.unsigned_golomb() % 5 != 0 || in.unsigned_golomb() != 0)
    return "a copy that is no P slice of the whole picture";
  if (in.bits(kFrameNumberBits) != number % (1U << kFrameNumberBits))
    return "a copy whose frame_num does not count up";
  const int order_bits = profile.order_bits;
  if (order_bits > 0 && in.bits(order_bits) != (key_order + 2 * number - 1) % (1U << order_bits))
    return "a copy whose picture order does not count up";
  if (in.bits(3) != 0b110) return "a copy with references that are not the picture before";
  if (profile.cabac) return in.ok() ? nullptr : "a copy cut short";
  in.skip(2);  // marking, slice_qp_delta
  if (in.unsigned_golomb() != 1 || in.unsigned_golomb() != profile.width_mbs)
    return "a copy that does not skip all macroblocks";
  return in.ok() ? nullptr : "a copy cut short";
}

}  // namespace sluice::sim
