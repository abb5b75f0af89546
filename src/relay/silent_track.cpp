// See the header.
#include "relay/silent_track.hpp"

#include "media/inspect.hpp"
#include "media/silence.hpp"

namespace sluice::relay {
namespace {

constexpr std::uint8_t kEnhanced = 9U << 4U;  // SoundFormat of an Enhanced RTMP header
constexpr std::uint8_t kCodedFrames = 1;
constexpr std::size_t kEnhancedBytes = 5;  // with the FourCC

// The bytes before the coded data, made from those of the sequence header.
Bytes frame_prefix(ByteView header) {
  if ((header[0] & 0xF0U) != kEnhanced) return {header[0], kCodedFrames};
  Bytes prefix(header.begin(), header.begin() + kEnhancedBytes);
  prefix[0] = kEnhanced | kCodedFrames;
  return prefix;
}

}  // namespace

const Bytes& silent_header() {
  static const Bytes header = {0xAF, 0x00, 0x11, 0x90};
  return header;
}

std::optional<SilentTrack> SilentTrack::like(ByteView header, std::int64_t begin_ms) {
  const media::MessageView message{media::MessageKind::kAudio, 0, header};
  const media::Traits traits = media::inspect(message);
  if (traits.codec != media::Codec::kAac || !traits.is_sequence_header || traits.is_multitrack)
    return std::nullopt;
  const auto silence = media::silence_for(media::media_body(message));
  if (!silence) return std::nullopt;
  SilentTrack track;
  track.payload_ = frame_prefix(header);
  append(track.payload_, silence->frame);
  track.sample_rate_ = silence->sample_rate;
  track.begin_ms_ = begin_ms;
  return track;
}

// From the count, never by adding rounded steps: those would drift against the picture.
std::int64_t SilentTrack::next_ms() const {
  constexpr std::int64_t kMsSamples = std::int64_t{1000} * media::kAacFrameSamples;
  return begin_ms_ + (count_ * kMsSamples + sample_rate_ / 2) / sample_rate_;
}

const Bytes& SilentTrack::take() {
  ++count_;
  return payload_;
}

}  // namespace sluice::relay
