// See the header.
#include "sim/truth.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sluice::sim {
namespace {

constexpr std::string_view kMarker = "\xA5SLM";
constexpr std::size_t kTagBytes = 4 + 2 + 8;  // marker, payload bytes that follow the tag, number
constexpr std::size_t kLongestPrefix = 80;
// A NAL unit's length, its header (SEI), an unregistered user data of one byte.
constexpr std::uint8_t kSei[] = {0, 0, 0, 5, 0x06, 0x05, 0x01, 0x2A, 0x80};

std::uint8_t first_byte(const Making& making) {
  const bool key = making.shape == Shape::kKeyFrame;
  if (making.format.picture == Picture::kHevc) return key ? 0x91 : 0xA1;
  return key ? 0x17 : 0x27;
}

void append_unit_header(Bytes& out, const Making& making) {
  if (making.shape == Shape::kKeyFrame)
    append(out, idr_slice(making.format.picture, making.order, making.number % 2 != 0));
  else if (making.format.picture == Picture::kHevc)
    append(out, Bytes{0x02, 0x01});
  else
    out.push_back(making.shape == Shape::kFrame ? 0x41 : 0x01);
}

// Up to the NAL unit that holds marker and number; where that unit's length stands.
std::size_t append_picture(Bytes& out, const Making& making) {
  out.push_back(first_byte(making));
  if (making.format.picture == Picture::kHevc)
    append(out, as_bytes("hvc1"));
  else
    out.push_back(1);
  append_be24(out, static_cast<std::uint32_t>(making.composition_ms));
  if (making.has_sei) append(out, kSei);
  const std::size_t length_at = out.size();
  append_be32(out, 0);
  append_unit_header(out, making);
  return length_at;
}

constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32U;
  x *= 0xE9846AF9B1A615DULL;
  x ^= x >> 28U;
  return x;
}

}  // namespace

media::MessageKind kind_of(Shape shape) {
  switch (shape) {
    case Shape::kMetadata:
      return media::MessageKind::kData;
    case Shape::kAudioHeader:
    case Shape::kAudio:
      return media::MessageKind::kAudio;
    default:
      return media::MessageKind::kVideo;
  }
}

void make_payload(Bytes& out, const Making& making) {
  static constexpr std::uint8_t metadata[] = {2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't', 'a'};
  static constexpr std::uint8_t audio[] = {0xAF, 1};
  out.clear();
  std::size_t length_at = 0;
  if (making.shape == Shape::kMetadata)
    append(out, metadata);
  else if (making.shape == Shape::kAudio)
    append(out, audio);
  else if (making.shape == Shape::kVideoHeader)
    append(out, picture_header(making.format.picture));
  else if (making.shape == Shape::kAudioHeader)
    append(out, sound_header(making.format.sound));
  else
    length_at = append_picture(out, making);
  append(out, as_bytes(kMarker));
  append_be16(out, static_cast<std::uint16_t>(making.filler));
  append_be64(out, making.number);
  std::uint64_t noise = making.number + 1;
  for (std::size_t i = 0; i < making.filler; ++i) {
    if (i % 8 == 0) noise = mix(noise + i);
    // Below 0x80: no marker can arise in it.
    out.push_back(static_cast<std::uint8_t>((noise >> (i % 8 * 8)) & 0x7FU));
  }
  if (length_at == 0) return;
  const std::size_t length = out.size() - length_at - 4;
  out[length_at + 2] = static_cast<std::uint8_t>(length >> 8U);
  out[length_at + 3] = static_cast<std::uint8_t>(length);
}

std::uint64_t hash_of(ByteView payload) {
  std::uint64_t hash = payload.size();
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + 8 <= payload.size(); at += 8) {
    std::memcpy(&word, payload.data() + at, 8);
    hash = mix(hash ^ word);
  }
  word = 0;
  if (at < payload.size()) std::memcpy(&word, payload.data() + at, payload.size() - at);
  return mix(hash ^ word);
}

std::optional<std::uint64_t> number_in(ByteView payload) {
  const std::size_t at = as_text(payload.first(std::min(payload.size(), kLongestPrefix + 4))).find(kMarker);
  if (at == std::string_view::npos || payload.size() < at + kTagBytes) return std::nullopt;
  return load_be64(payload.data() + at + 6);
}

std::optional<std::uint64_t> highest_whole_number(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  std::optional<std::uint64_t> highest;
  for (std::size_t at = text.find(kMarker); at != std::string_view::npos; at = text.find(kMarker, at + 1)) {
    if (bytes.size() < at + kTagBytes) break;
    const std::size_t filler = load_be16(bytes.data() + at + 4);
    if (bytes.size() < at + kTagBytes + filler) break;
    highest = std::max(highest.value_or(0), load_be64(bytes.data() + at + 6));
  }
  return highest;
}

}  // namespace sluice::sim
