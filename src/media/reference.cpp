// See the header.
#include "media/reference.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kLastSliceType = 5;  // NAL unit types 1 to 5 carry slices (H.264 table 7-1)

std::size_t read_length(ByteView bytes) {
  std::size_t length = 0;
  for (const std::uint8_t byte : bytes) length = length << 8U | byte;
  return length;
}

}  // namespace

bool is_unreferenced(const MessageView& message, const Traits& traits, std::uint8_t nal_length_bytes) {
  if (traits.codec != Codec::kAvc || traits.is_key_frame || traits.is_sequence_header ||
      traits.is_end_of_sequence || traits.is_multitrack || nal_length_bytes == 0) {
    return false;
  }
  bool any_slice = false;
  for (ByteView rest = media_body(message); !rest.empty();) {
    if (rest.size() <= nal_length_bytes) return false;
    const std::size_t length = read_length(rest.first(nal_length_bytes));
    rest = rest.subspan(nal_length_bytes);
    if (length == 0 || length > rest.size()) return false;
    const std::uint8_t type = rest[0] & 0x1FU;
    const std::uint8_t reference = rest[0] >> 5U & 3U;
    if (type >= 1 && type <= kLastSliceType) {
      if (reference != 0) return false;
      any_slice = true;
    }
    rest = rest.subspan(length);
  }
  return any_slice;
}

}  // namespace sluice::media
