// Names and sentences of the ring. Every process.
#include "ring/ring.hpp"

#include <optional>

namespace sluice::ring {
namespace {

std::optional<unsigned> digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
  return std::nullopt;
}

}  // namespace

std::string to_hex(const RingId& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : id.bytes) {
    hex.push_back(kDigits[byte >> 4U]);
    hex.push_back(kDigits[byte & 15U]);
  }
  return hex;
}

bool from_hex(std::string_view hex, RingId& id) {
  if (hex.size() != 2 * id.bytes.size()) return false;
  RingId result;
  for (std::size_t i = 0; i < result.bytes.size(); ++i) {
    const auto high = digit_value(hex[2 * i]);
    const auto low = digit_value(hex[2 * i + 1]);
    if (!high || !low) return false;
    result.bytes[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  id = result;
  return true;
}

std::string_view sentence(RingError error) {
  switch (error) {
    case RingError::kSystem:
      return "The system refused to create, seal or map the shared memory.";
    case RingError::kNotSealed:
      return "The descriptor is not sealed against resizing.";
    case RingError::kBadLayout:
      return "The shared memory is not a ring of this version and size.";
    case RingError::kMessageTooLarge:
      return "The message is larger than a quarter of the ring.";
  }
  return "Unknown ring error.";
}

}  // namespace sluice::ring
