// Marks in H.264 frames. Runs in bench_publisher and bench_sink.
#include "mark.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace sluice::bench {
namespace {

constexpr std::array<std::uint8_t, 19> kMarkStart{0x06, 0x05, 0x40,  // SEI, user_data_unregistered, 64 bytes
                                                  0x9d, 0x1e, 0x53, 0xb7, 0x4c, 0x62, 0x4f, 0x8a,
                                                  0xa1, 0x7b, 0xe3, 0x5d, 0x92, 0x68, 0xc4, 0x1f};
constexpr std::uint8_t kMarkEnd = 0x80;  // rbsp_trailing_bits
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberDigits = 16;
constexpr int kNalUnitsSearched = 8;
constexpr std::uint8_t kAvcCodec = 7;
constexpr std::uint8_t kCodedFrame = 1;
constexpr std::uint8_t kAccessUnitDelimiter = 9;
constexpr std::uint8_t kNalTypeMask = 0x1f;

bool is_coded_avc(ByteView payload) {
  return payload.size() > kAvcTagHeaderBytes + kLengthBytes && (payload[0] & 0x0f) == kAvcCodec &&
         payload[1] == kCodedFrame;
}

std::uint8_t* put_hex(std::uint8_t* out, std::uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    *out++ = static_cast<std::uint8_t>("0123456789abcdef"[(number >> shift) & 0xf]);
  }
  return out;
}

bool read_hex(const std::uint8_t* digits, std::uint64_t& number) {
  const auto* begin = reinterpret_cast<const char*>(digits);
  const auto [end, error] = std::from_chars(begin, begin + kNumberDigits, number, 16);
  return error == std::errc() && end == begin + kNumberDigits;
}

std::optional<Mark> read_mark(ByteView nal) {
  if (nal.size() != kMarkBytes - kLengthBytes) return std::nullopt;
  if (!std::equal(kMarkStart.begin(), kMarkStart.end(), nal.begin())) return std::nullopt;
  const std::uint8_t* numbers = nal.data() + kMarkStart.size();
  Mark mark;
  const bool readable = read_hex(numbers, mark.sequence) && read_hex(numbers + kNumberDigits, mark.sent_ns) &&
                        read_hex(numbers + 2 * kNumberDigits, mark.digest);
  return readable ? std::optional(mark) : std::nullopt;
}

std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  return std::rotl((state ^ word) * 0x9e3779b97f4a7c15U, 29);
}

// Eight bytes at a time: the receiver must not spend its time here while other connections wait.
std::uint64_t digest(std::uint64_t state, ByteView bytes) {
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    state = mix(state, word);
    bytes = bytes.subspan(sizeof word);
  }
  for (const std::uint8_t byte : bytes) state = mix(state, byte);
  return state;
}

}  // namespace

std::optional<std::size_t> place_for_mark(ByteView payload) {
  if (!is_coded_avc(payload)) return std::nullopt;
  const std::size_t first = kAvcTagHeaderBytes;
  if ((payload[first + kLengthBytes] & kNalTypeMask) != kAccessUnitDelimiter) return first;
  const std::size_t behind = first + kLengthBytes + load_be32(payload.data() + first);
  return behind <= payload.size() ? std::optional(behind) : std::nullopt;
}

void write_mark(std::uint8_t* out, const Mark& mark) {
  Bytes length;
  append_be32(length, kMarkBytes - kLengthBytes);
  out = std::copy(length.begin(), length.end(), out);
  out = std::copy(kMarkStart.begin(), kMarkStart.end(), out);
  for (const std::uint64_t number : {mark.sequence, mark.sent_ns, mark.digest}) out = put_hex(out, number);
  *out = kMarkEnd;
}

std::optional<FoundMark> find_mark(ByteView payload) {
  if (!is_coded_avc(payload)) return std::nullopt;
  std::size_t offset = kAvcTagHeaderBytes;
  for (int nal = 0; nal < kNalUnitsSearched; ++nal) {
    if (payload.size() - offset < kLengthBytes) return std::nullopt;
    const std::size_t length = load_be32(payload.data() + offset);
    if (length > payload.size() - offset - kLengthBytes) return std::nullopt;
    if (const auto mark = read_mark(payload.subspan(offset + kLengthBytes, length))) {
      return FoundMark{*mark, offset};
    }
    offset += kLengthBytes + length;
  }
  return std::nullopt;
}

std::uint64_t digest_around(ByteView payload, std::size_t offset, std::size_t mark_bytes) {
  return digest(digest(payload.size() - mark_bytes, payload.first(offset)),
                payload.subspan(offset + mark_bytes));
}

}  // namespace sluice::bench
