// Bits to the end of a byte string, as H.264 slices are written.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.hpp"

namespace sluice::media {

class BitWriter {
 public:
  void flag(bool value) { bits(value ? 1 : 0, 1); }
  // REQUIRES: count <= 32.
  void bits(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (value >> i & 1U) << (7 - used_ % 8));
      ++used_;
    }
  }
  // Exp-Golomb, H.264 9.1. REQUIRES: value < 2^32 - 1.
  void unsigned_golomb(std::uint32_t value) {
    const int width = static_cast<int>(std::bit_width(value + 1));
    bits(0, width - 1);
    bits(value + 1, width);
  }
  // rbsp_trailing_bits: a one, then zeros up to the byte's end.
  void trail() {
    flag(true);
    align(false);
  }
  void align(bool with) {
    while (used_ % 8 != 0) flag(with);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  std::size_t used_ = 0;
};

// Appends a NAL unit's payload with emulation prevention bytes put in (H.264 7.4.1.1).
inline void append_escaped(Bytes& out, ByteView payload) {
  int zeros = 0;
  for (const std::uint8_t byte : payload) {
    if (zeros >= 2 && byte <= 3) {
      out.push_back(3);
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
}

}  // namespace sluice::media
