// Bits from the front of a byte string, as H.264, HEVC and AAC configuration records are written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace sluice::media {

// A read past the end gives zeros and clears ok(); no byte outside the view is touched.
class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool flag() { return bits(1) != 0; }

  // REQUIRES: count <= 32.
  std::uint32_t bits(int count) {
    std::uint32_t value = 0;
    for (; count > 0; --count) value = (value << 1) | bit();
    return value;
  }
  void skip(std::size_t count) {
    position_ += count;
    if (position_ > bytes_.size() * 8) ok_ = false;
  }

  // Exp-Golomb, H.264 9.1. Codes of more than 32 bits do not occur in what we read: they clear ok().
  std::uint32_t unsigned_golomb() {
    int zeros = 0;
    while (ok_ && bit() == 0) ++zeros;
    if (zeros > 31) ok_ = false;
    if (!ok_) return 0;
    return static_cast<std::uint32_t>((std::uint64_t{1} << zeros) - 1) + bits(zeros);
  }
  std::int64_t signed_golomb() {
    const std::int64_t code = unsigned_golomb();
    return (code & 1) != 0 ? (code + 1) / 2 : -(code / 2);
  }

 private:
  std::uint32_t bit() {
    if (position_ >= bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const std::uint32_t value = (bytes_[position_ / 8] >> (7 - position_ % 8)) & 1U;
    ++position_;
    return value;
  }

  ByteView bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

// A NAL unit's payload without its emulation prevention bytes (00 00 03 -> 00 00).
inline Bytes unescape_nal(ByteView nal) {
  Bytes out;
  out.reserve(nal.size());
  int zeros = 0;
  for (const std::uint8_t byte : nal) {
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

}  // namespace sluice::media
