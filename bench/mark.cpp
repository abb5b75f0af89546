// Marks in H.264 and AAC frames. Runs in bench_publisher and bench_sink.
#include "mark.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace sluice::bench {
namespace {

using media::MessageKind;
using media::MessageView;

constexpr std::array<std::uint8_t, 16> kUuid{0x9d, 0x1e, 0x53, 0xb7, 0x4c, 0x62, 0x4f, 0x8a,
                                             0xa1, 0x7b, 0xe3, 0x5d, 0x92, 0x68, 0xc4, 0x1f};
constexpr std::size_t kNumberDigits = 16;
constexpr std::size_t kBodyBytes = kUuid.size() + 3 * kNumberDigits;
static_assert(kBodyBytes == 0x40);  // as both shells say

constexpr std::size_t kLengthBytes = 4;
constexpr std::array<std::uint8_t, 3> kSeiStart{0x06, 0x05, kBodyBytes};
constexpr std::uint8_t kSeiEnd = 0x80;  // rbsp_trailing_bits
constexpr std::size_t kSeiBytes = kSeiStart.size() + kBodyBytes + 1;
constexpr std::array<std::uint8_t, 2> kDataElementStart{0x80, kBodyBytes};

// FLV's codec byte, AVC packet type and composition time stand before the coded data.
constexpr std::size_t kAvcTagHeaderBytes = 5;
constexpr std::size_t kAacTagHeaderBytes = 2;
constexpr std::uint8_t kAvcCodec = 7;
constexpr std::uint8_t kAacCodec = 10;
constexpr std::uint8_t kCodedFrame = 1;
constexpr std::uint8_t kAccessUnitDelimiter = 9;
constexpr std::uint8_t kNalTypeMask = 0x1f;
constexpr int kNalUnitsSearched = 8;

bool is_coded_avc(const MessageView& frame) {
  const ByteView payload = frame.payload;
  return frame.kind == MessageKind::kVideo && payload.size() > kAvcTagHeaderBytes + kLengthBytes &&
         (payload[0] & 0x0f) == kAvcCodec && payload[1] == kCodedFrame;
}

bool is_coded_aac(const MessageView& frame) {
  const ByteView payload = frame.payload;
  return frame.kind == MessageKind::kAudio && payload.size() > kAacTagHeaderBytes &&
         payload[0] >> 4U == kAacCodec && payload[1] == kCodedFrame;
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

std::optional<Mark> read_body(ByteView body) {
  if (body.size() < kBodyBytes || !std::equal(kUuid.begin(), kUuid.end(), body.begin())) return std::nullopt;
  const std::uint8_t* numbers = body.data() + kUuid.size();
  Mark mark;
  const bool readable = read_hex(numbers, mark.sequence) && read_hex(numbers + kNumberDigits, mark.sent_ns) &&
                        read_hex(numbers + 2 * kNumberDigits, mark.digest);
  return readable ? std::optional(mark) : std::nullopt;
}

// `start` and the mark behind it.
std::optional<Mark> read_shell(ByteView start, ByteView bytes) {
  if (bytes.size() < start.size() || !std::equal(start.begin(), start.end(), bytes.begin())) return {};
  return read_body(bytes.subspan(start.size()));
}

std::optional<FoundMark> find_in_avc(ByteView payload) {
  std::size_t offset = kAvcTagHeaderBytes;
  for (int nal = 0; nal < kNalUnitsSearched; ++nal) {
    if (payload.size() - offset < kLengthBytes) return std::nullopt;
    const std::size_t length = load_be32(payload.data() + offset);
    if (length > payload.size() - offset - kLengthBytes) return std::nullopt;
    if (length == kSeiBytes) {
      const auto mark = read_shell(kSeiStart, payload.subspan(offset + kLengthBytes, length));
      if (mark) return FoundMark{*mark, offset};
    }
    offset += kLengthBytes + length;
  }
  return std::nullopt;
}

std::optional<FoundMark> find_in_aac(ByteView payload) {
  const auto mark = read_shell(kDataElementStart, payload.subspan(kAacTagHeaderBytes));
  return mark ? std::optional(FoundMark{*mark, kAacTagHeaderBytes}) : std::nullopt;
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

std::size_t mark_bytes(MessageKind kind) {
  return kind == MessageKind::kVideo ? kLengthBytes + kSeiBytes : kDataElementStart.size() + kBodyBytes;
}

std::optional<std::size_t> place_for_mark(const MessageView& frame) {
  if (is_coded_aac(frame)) return kAacTagHeaderBytes;
  if (!is_coded_avc(frame)) return std::nullopt;
  const ByteView payload = frame.payload;
  const std::size_t first = kAvcTagHeaderBytes;
  if ((payload[first + kLengthBytes] & kNalTypeMask) != kAccessUnitDelimiter) return first;
  const std::size_t behind = first + kLengthBytes + load_be32(payload.data() + first);
  return behind <= payload.size() ? std::optional(behind) : std::nullopt;
}

void write_mark(MessageKind kind, std::uint8_t* out, const Mark& mark) {
  Bytes start;
  if (kind == MessageKind::kVideo) {
    append_be32(start, kSeiBytes);
    append(start, kSeiStart);
  } else {
    append(start, kDataElementStart);
  }
  out = std::copy(start.begin(), start.end(), out);
  out = std::copy(kUuid.begin(), kUuid.end(), out);
  for (const std::uint64_t number : {mark.sequence, mark.sent_ns, mark.digest}) out = put_hex(out, number);
  if (kind == MessageKind::kVideo) *out = kSeiEnd;
}

std::optional<FoundMark> find_mark(const MessageView& frame) {
  if (is_coded_avc(frame)) return find_in_avc(frame.payload);
  return is_coded_aac(frame) ? find_in_aac(frame.payload) : std::nullopt;
}

std::uint64_t digest_around(ByteView payload, std::size_t offset, std::size_t mark_bytes) {
  return digest(digest(payload.size() - mark_bytes, payload.first(offset)),
                payload.subspan(offset + mark_bytes));
}

}  // namespace sluice::bench
