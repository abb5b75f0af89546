// See the header.
#include "sim/truth.hpp"

#include <cstring>
#include <string_view>

namespace sluice::sim {
namespace {

constexpr std::string_view kMarker = "\xA5SLM";
constexpr std::size_t kTagBytes = 4 + 2 + 8;  // marker, payload bytes that follow the tag, number
constexpr std::size_t kLongestPrefix = 16;

ByteView prefix_of(Shape shape) {
  static constexpr std::uint8_t metadata[] = {2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't', 'a'};
  // An avcC with NAL lengths of 4 bytes and no parameter sets.
  static constexpr std::uint8_t video_header[] = {0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1F, 0xFF, 0xE0, 0};
  static constexpr std::uint8_t audio_header[] = {0xAF, 0};
  // AVCC: a NAL unit's length (here not the truth: nobody may rely on it), then its header.
  static constexpr std::uint8_t key[] = {0x17, 1, 0, 0, 0, 0, 0, 0, 15, 0x65};
  static constexpr std::uint8_t frame[] = {0x27, 1, 0, 0, 0, 0, 0, 0, 15, 0x41};
  static constexpr std::uint8_t disposable[] = {0x27, 1, 0, 0, 0, 0, 0, 0, 15, 0x01};
  static constexpr std::uint8_t audio[] = {0xAF, 1};
  switch (shape) {
    case Shape::kMetadata:
      return metadata;
    case Shape::kVideoHeader:
      return video_header;
    case Shape::kAudioHeader:
      return audio_header;
    case Shape::kKeyFrame:
      return key;
    case Shape::kFrame:
      return frame;
    case Shape::kDisposable:
      return disposable;
    case Shape::kAudio:
      return audio;
  }
  return {};
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

void make_payload(Bytes& out, Shape shape, std::uint64_t number, std::size_t filler) {
  out.clear();
  append(out, prefix_of(shape));
  append(out, as_bytes(kMarker));
  append_be16(out, static_cast<std::uint16_t>(filler));
  append_be64(out, number);
  std::uint64_t noise = number + 1;
  for (std::size_t i = 0; i < filler; ++i) {
    if (i % 8 == 0) noise = mix(noise + i);
    // Below 0x80: no marker can arise in it.
    out.push_back(static_cast<std::uint8_t>((noise >> (i % 8 * 8)) & 0x7FU));
  }
  // The NAL unit's true length.
  if (shape == Shape::kKeyFrame || shape == Shape::kFrame || shape == Shape::kDisposable) {
    const std::size_t length = out.size() - 9;
    out[7] = static_cast<std::uint8_t>(length >> 8U);
    out[8] = static_cast<std::uint8_t>(length);
  }
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

std::optional<std::uint64_t> last_whole_number(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t at = text.rfind(kMarker, end - 1);
    if (at == std::string_view::npos) return std::nullopt;
    if (bytes.size() >= at + kTagBytes) {
      const std::size_t filler = load_be16(bytes.data() + at + 4);
      if (bytes.size() >= at + kTagBytes + filler) return load_be64(bytes.data() + at + 6);
    }
    end = at;
  }
  return std::nullopt;
}

}  // namespace sluice::sim
