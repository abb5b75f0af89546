// What writer and reader of a ring agree on. The byte format: docs/ring-format.md and layout.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::ring {

// 64-bit count of bytes since the ring was made; never wraps. Together with the ring's id it names one
// record for ever.
using Position = std::uint64_t;

struct RingId {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const RingId&, const RingId&) = default;
};
std::string to_hex(const RingId& id);
// False when `hex` is not 32 hexadecimal digits.
bool from_hex(std::string_view hex, RingId& id);

// What the source is doing, as the ring's header says it.
enum class SourceState : std::uint32_t {
  kIdle = 0,  // nothing was ever published into this ring
  kPublishing = 1,
  kEnded = 2,   // clean stop: FCUnpublish, deleteStream
  kBroken = 3,  // connection lost
};

enum class RingError : std::uint8_t {
  kSystem,           // memfd, seal or mmap failed; errno is kept by the caller
  kNotSealed,        // the descriptor could still be resized under us
  kBadLayout,        // magic, version or sizes do not fit
  kMessageTooLarge,  // above a quarter of the ring
};
std::string_view sentence(RingError error);

}  // namespace sluice::ring
