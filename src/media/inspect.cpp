// Header parsing of FLV and Enhanced RTMP v2 messages. Runs in ingest and relays.
#include "media/inspect.hpp"

#include <array>
#include <optional>
#include <utility>

#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::uint8_t kKeyFrame = 1;
constexpr std::uint8_t kCommandFrame = 5;  // seek marks and the like: no picture
constexpr std::uint8_t kExAudioFormat = 9;

// E-RTMP packet types; audio and video use the same numbers.
enum PacketType : std::uint8_t {
  kSequenceStart = 0,
  kCodedFrames = 1,
  kSequenceEnd = 2,
  kCodedFramesX = 3,
  kMpeg2TsSequenceStart = 5,
};
constexpr std::uint8_t kAudioMultitrack = 5;
constexpr std::uint8_t kVideoMultitrack = 6;
constexpr std::uint8_t kModEx = 7;
enum MultitrackType : std::uint8_t { kOneTrack = 0, kManyTracks = 1, kManyTracksManyCodecs = 2 };

// Reads from the front; a read past the end fails and leaves nothing to read.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}
  ByteView rest() const { return rest_; }
  bool skip(std::size_t count) {
    const bool enough = count <= rest_.size();
    rest_ = enough ? rest_.subspan(count) : ByteView{};
    return enough;
  }
  std::optional<std::uint32_t> number(std::size_t width) {
    if (rest_.size() < width) {
      rest_ = {};
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8) | rest_[i];
    rest_ = rest_.subspan(width);
    return value;
  }

 private:
  ByteView rest_;
};

struct Inspected {
  Traits traits;
  ByteView body;
};

std::int32_t signed24(std::uint32_t value) {
  return static_cast<std::int32_t>(value << 8) >> 8;
}

constexpr std::array<std::pair<std::string_view, Codec>, 12> kFourCcs{{
    {"avc1", Codec::kAvc},
    {"hvc1", Codec::kHevc},
    {"vvc1", Codec::kVvc},
    {"av01", Codec::kAv1},
    {"vp08", Codec::kVp8},
    {"vp09", Codec::kVp9},
    {"mp4a", Codec::kAac},
    {".mp3", Codec::kMp3},
    {"Opus", Codec::kOpus},
    {"fLaC", Codec::kFlac},
    {"ac-3", Codec::kAc3},
    {"ec-3", Codec::kEac3},
}};

constexpr std::uint32_t number_of(std::string_view tag) {
  std::uint32_t value = 0;
  for (const char c : tag) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

Codec codec_of_four_cc(std::uint32_t number) {
  for (const auto& [tag, codec] : kFourCcs) {
    if (number_of(tag) == number) return codec;
  }
  return Codec::kOther;
}

// Steps over ModEx prefixes. nullopt: cut short, or more of them than anyone needs.
std::optional<std::uint8_t> skip_mod_ex(Cursor& in, std::uint8_t packet_type) {
  for (int loops = 0; packet_type == kModEx; ++loops) {
    if (loops == kMaxModExLoops) return std::nullopt;
    auto size = in.number(1);
    if (!size) return std::nullopt;
    ++*size;
    if (*size == 256) {
      size = in.number(2);
      if (!size) return std::nullopt;
      ++*size;
    }
    if (!in.skip(*size)) return std::nullopt;
    const auto next = in.number(1);
    if (!next) return std::nullopt;
    packet_type = *next & 0x0FU;
  }
  return packet_type;
}

// Reads the multitrack part up to the first track's bytes, and its FourCC.
bool read_multitrack(Cursor& in, std::uint8_t& packet_type, std::optional<std::uint32_t>& four_cc,
                     Traits& traits) {
  const auto kinds = in.number(1);
  if (!kinds) return false;
  packet_type = *kinds & 0x0FU;
  const auto type = static_cast<std::uint8_t>(*kinds >> 4);
  traits.is_multitrack = true;
  four_cc = in.number(4);  // of the first track, whether it stands for all of them or not
  const auto track = in.number(1);
  if (!track) return false;
  traits.track = static_cast<std::uint8_t>(*track);
  if (type == kOneTrack) return true;
  const auto size = in.number(3);
  if (!size || *size > in.rest().size()) return false;
  in = Cursor(in.rest().first(*size));
  return true;
}

// What both ExHeaders share. `frame_type` is 0 for audio.
Inspected inspect_enhanced(ByteView payload, std::uint8_t multitrack, std::uint8_t frame_type) {
  Inspected result;
  result.traits.codec = Codec::kOther;
  Cursor in(payload.subspan(1));
  const auto outer = skip_mod_ex(in, payload[0] & 0x0FU);
  if (!outer || frame_type == kCommandFrame) return result;
  std::uint8_t packet_type = *outer;
  std::optional<std::uint32_t> four_cc;
  if (packet_type == multitrack) {
    if (!read_multitrack(in, packet_type, four_cc, result.traits)) return result;
  } else {
    four_cc = in.number(4);
  }
  if (!four_cc) return result;

  const bool is_video = frame_type != 0;
  Traits& traits = result.traits;
  traits.codec = codec_of_four_cc(*four_cc);
  traits.is_enhanced = true;
  traits.is_sequence_header =
      packet_type == kSequenceStart || (is_video && packet_type == kMpeg2TsSequenceStart);
  traits.is_end_of_sequence = packet_type == kSequenceEnd;
  const bool coded = packet_type == kCodedFrames || (is_video && packet_type == kCodedFramesX);
  traits.is_key_frame = coded && frame_type == kKeyFrame;
  const bool has_composition =
      packet_type == kCodedFrames &&
      (traits.codec == Codec::kAvc || traits.codec == Codec::kHevc || traits.codec == Codec::kVvc);
  if (has_composition) traits.composition_ms = signed24(in.number(3).value_or(0));
  result.body = in.rest();
  return result;
}

Codec codec_of_legacy_video(std::uint8_t id) {
  switch (id) {
    case 7:
      return Codec::kAvc;
    case 12:
      return Codec::kHevc;  // never standardised, but widely sent by Chinese encoders
    default:
      return Codec::kOther;
  }
}

Inspected inspect_legacy_video(ByteView payload) {
  Inspected result;
  Traits& traits = result.traits;
  const auto frame_type = static_cast<std::uint8_t>(payload[0] >> 4);
  traits.codec = codec_of_legacy_video(payload[0] & 0x0FU);
  if (traits.codec == Codec::kOther) {
    traits.is_key_frame = frame_type == kKeyFrame;
    return result;
  }
  if (payload.size() < 2 || frame_type == kCommandFrame) return result;
  traits.is_sequence_header = payload[1] == 0;
  traits.is_end_of_sequence = payload[1] == 2;
  traits.is_key_frame = payload[1] == 1 && frame_type == kKeyFrame;
  if (payload.size() < 5) return result;
  traits.composition_ms = signed24(load_be24(payload.data() + 2));
  result.body = payload.subspan(5);
  return result;
}

Inspected inspect_video(ByteView payload) {
  if ((payload[0] & 0x80U) == 0) return inspect_legacy_video(payload);
  return inspect_enhanced(payload, kVideoMultitrack, (payload[0] >> 4) & 0x07U);
}

Inspected inspect_audio(ByteView payload) {
  const auto format = static_cast<std::uint8_t>(payload[0] >> 4);
  if (format == kExAudioFormat) return inspect_enhanced(payload, kAudioMultitrack, 0);
  Inspected result;
  if (format == 2 || format == 14) {
    result.traits.codec = Codec::kMp3;
    result.body = payload.subspan(1);
  } else if (format == 10) {
    result.traits.codec = Codec::kAac;
    if (payload.size() < 2) return result;
    result.traits.is_sequence_header = payload[1] == 0;
    result.body = payload.subspan(2);
  } else {
    result.traits.codec = Codec::kOther;
  }
  return result;
}

constexpr std::string_view kSetDataFrame{"\x02\x00\x0d@setDataFrame", 16};
constexpr std::string_view kOnMetaData{"\x02\x00\x0aonMetaData", 13};

Inspected inspect_any(const MessageView& message) {
  Inspected result;
  if (message.payload.empty()) {
    result.traits.is_empty = true;
    return result;
  }
  switch (message.kind) {
    case MessageKind::kAudio:
      return inspect_audio(message.payload);
    case MessageKind::kVideo:
      return inspect_video(message.payload);
    case MessageKind::kData:
      break;
  }
  result.traits.is_metadata = as_text(without_set_data_frame(message.payload)).starts_with(kOnMetaData);
  return result;
}

}  // namespace

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "";
    case Codec::kOther:
      return "other";
    case Codec::kAvc:
      return "h264";
    case Codec::kHevc:
      return "hevc";
    case Codec::kVvc:
      return "vvc";
    case Codec::kAv1:
      return "av1";
    case Codec::kVp8:
      return "vp8";
    case Codec::kVp9:
      return "vp9";
    case Codec::kAac:
      return "aac";
    case Codec::kMp3:
      return "mp3";
    case Codec::kOpus:
      return "opus";
    case Codec::kFlac:
      return "flac";
    case Codec::kAc3:
      return "ac3";
    case Codec::kEac3:
      return "eac3";
  }
  return "other";
}

std::string_view four_cc(Codec codec) {
  for (const auto& [tag, known] : kFourCcs) {
    if (known == codec) return tag;
  }
  return "";
}

Traits inspect(const MessageView& message) {
  return inspect_any(message).traits;
}

ByteView media_body(const MessageView& message) {
  return inspect_any(message).body;
}

ByteView without_set_data_frame(ByteView payload) {
  return as_text(payload).starts_with(kSetDataFrame) ? payload.subspan(kSetDataFrame.size()) : payload;
}

}  // namespace sluice::media
