// av1C and the first part of the sequence header (AV1 specification 5.5). Runs in the ingest.
#include "media/av1.hpp"

#include "media/bit_reader.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kSequenceHeader = 1;

// leb128, 4.10.5. Lengths beyond 32 bits are longer than any message: they give nothing.
std::optional<std::size_t> read_length(ByteView& bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value |= static_cast<std::size_t>(bytes[i] & 0x7FU) << (7 * i);
    if ((bytes[i] & 0x80U) != 0) continue;
    bytes = bytes.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

// The first sequence header among these OBUs; empty when there is none.
ByteView find_sequence_header(ByteView obus) {
  while (!obus.empty()) {
    const std::uint8_t header = obus[0];
    const bool extended = (header & 0x04U) != 0;
    const bool has_size = (header & 0x02U) != 0;
    if (obus.size() < (extended ? 2U : 1U)) return {};
    obus = obus.subspan(extended ? 2 : 1);
    const auto length = has_size ? read_length(obus) : std::optional(obus.size());
    if (!length || *length > obus.size()) return {};
    if (((header >> 3) & 0x0FU) == kSequenceHeader) return obus.first(*length);
    obus = obus.subspan(*length);
  }
  return {};
}

// Bits of a decoder buffer delay; 0 when there is no decoder model.
int read_timing(BitReader& in) {
  in.skip(32 + 32);  // num_units_in_display_tick, time_scale
  if (in.flag()) in.unsigned_golomb();
  if (!in.flag()) return 0;
  const int delay_bits = static_cast<int>(in.bits(5)) + 1;
  in.skip(32 + 5 + 5);  // num_units_in_decoding_tick, two lengths
  return delay_bits;
}

void skip_operating_points(BitReader& in, int delay_bits) {
  const bool has_display_delay = in.flag();
  for (std::uint32_t left = in.bits(5) + 1; left > 0; --left) {
    in.skip(12);                     // operating_point_idc
    if (in.bits(5) > 7) in.skip(1);  // seq_level_idx, seq_tier
    if (delay_bits > 0 && in.flag()) in.skip(2 * static_cast<std::size_t>(delay_bits) + 1);
    if (has_display_delay && in.flag()) in.skip(4);
  }
}

void read_sequence_header(ByteView payload, Av1Info& info) {
  BitReader in(payload);
  in.skip(3 + 1);  // seq_profile, still_picture
  if (in.flag()) {
    in.skip(5);  // reduced_still_picture_header: the level only
  } else {
    const int delay_bits = in.flag() ? read_timing(in) : 0;
    skip_operating_points(in, delay_bits);
  }
  const int width_bits = static_cast<int>(in.bits(4)) + 1;
  const int height_bits = static_cast<int>(in.bits(4)) + 1;
  const std::uint32_t width = in.bits(width_bits) + 1;
  const std::uint32_t height = in.bits(height_bits) + 1;
  if (!in.ok() || width > kMaxPictureSide || height > kMaxPictureSide) return;
  info.width = width;
  info.height = height;
}

}  // namespace

std::optional<Av1Info> parse_av1_configuration(ByteView configuration) {
  constexpr std::size_t kFixedBytes = 4;
  constexpr std::uint8_t kMarkerAndVersion = 0x81;
  if (configuration.size() < kFixedBytes || configuration[0] != kMarkerAndVersion) return std::nullopt;
  Av1Info info;
  info.profile = static_cast<std::uint8_t>(configuration[1] >> 5);
  const ByteView header = find_sequence_header(configuration.subspan(kFixedBytes));
  if (!header.empty()) read_sequence_header(header, info);
  return info;
}

}  // namespace sluice::media
