// Source statistics. Runs in the ingest.
#include "media/meter.hpp"

#include <algorithm>

#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/avc.hpp"
#include "media/hevc.hpp"
#include "media/opus.hpp"

namespace sluice::media {
namespace {

// A larger step between two frames is a break in the time line, not a slow camera.
constexpr std::int32_t kMaxFrameStepMs = 5000;

// Two groups of pictures at 30 frames a second: an encoder that may use B-frames has used one by then.
constexpr std::size_t kEnoughFramesInOrder = 120;

std::int32_t step(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

// What a decoder configuration says; zeros where it says nothing that we can read.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};
struct Sound {
  std::uint32_t sample_rate = 0;
  std::uint8_t channels = 0;
};

Picture picture_of(Codec codec, ByteView configuration) {
  const auto size = [](const auto& info) { return info ? Picture{info->width, info->height} : Picture{}; };
  if (codec == Codec::kAvc) return size(parse_avc_configuration(configuration));
  if (codec == Codec::kHevc) return size(parse_hevc_configuration(configuration));
  if (codec == Codec::kAv1) return size(parse_av1_configuration(configuration));
  return {};
}

Sound sound_of(Codec codec, ByteView configuration) {
  if (codec == Codec::kAac) {
    const auto info = parse_aac_configuration(configuration);
    return info ? Sound{info->sample_rate, info->channels} : Sound{};
  }
  if (codec == Codec::kOpus) {
    const auto info = parse_opus_configuration(configuration);
    return info ? Sound{kOpusSampleRate, info->channels} : Sound{};
  }
  return {};
}

}  // namespace

void SourceMeter::Rate::add(std::size_t bytes, Instant arrival) {
  const std::int64_t bucket = bucket_of(arrival);
  if (!first_) first_ = bucket;
  const auto slot = static_cast<std::size_t>(bucket % kBuckets);
  if (bucket_[slot] != bucket) {
    bucket_[slot] = bucket;
    bytes_[slot] = 0;
  }
  bytes_[slot] += bytes;
}

std::uint32_t SourceMeter::Rate::kbps(Instant now) const {
  if (!first_) return 0;
  const std::int64_t current = bucket_of(now);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (bucket_[i] > current - kBuckets && bucket_[i] <= current) total += bytes_[i];
  }
  // A source that has just begun is measured over the time it has run, at least one bucket.
  const std::int64_t buckets = std::clamp<std::int64_t>(current - *first_ + 1, 1, kBuckets);
  return static_cast<std::uint32_t>(total * 8 / static_cast<std::uint64_t>(buckets * kBucket.count()));
}

void SourceMeter::add(const MessageView& message, const Traits& traits, Instant arrival) {
  const bool main_track = !traits.is_multitrack || traits.track == 0;
  if (message.kind == MessageKind::kVideo) {
    video_rate_.add(message.payload.size(), arrival);
    if (main_track && !traits.is_empty) add_video(message, traits);
  } else if (message.kind == MessageKind::kAudio) {
    audio_rate_.add(message.payload.size(), arrival);
    if (main_track && !traits.is_empty) add_audio(message, traits);
  }
}

void SourceMeter::add_video(const MessageView& message, const Traits& traits) {
  // Whatever was known of the picture belonged to the codec before.
  if (traits.codec != facts_.video_codec) {
    facts_.b_frames.reset();
    last_shown_ms_.reset();
    frames_in_order_ = 0;
  }
  if (traits.codec != facts_.video_codec || traits.is_sequence_header) {
    const bool told = traits.is_sequence_header;
    const Picture picture = told ? picture_of(traits.codec, media_body(message)) : Picture{};
    facts_.video_codec = traits.codec;
    facts_.width = picture.width;
    facts_.height = picture.height;
  }
  if (traits.is_end_of_sequence || traits.is_sequence_header) return;
  add_frame_time(message.timestamp_ms, traits.is_key_frame);
  look_for_b_frame(message.timestamp_ms + static_cast<std::uint32_t>(traits.composition_ms));
}

void SourceMeter::add_audio(const MessageView& message, const Traits& traits) {
  if (traits.codec == facts_.audio_codec && !traits.is_sequence_header) return;
  const bool told = traits.is_sequence_header;
  const Sound sound = told ? sound_of(traits.codec, media_body(message)) : Sound{};
  facts_.audio_codec = traits.codec;
  facts_.sample_rate = sound.sample_rate;
  facts_.channels = sound.channels;
}

void SourceMeter::add_frame_time(std::uint32_t timestamp_ms, bool is_key_frame) {
  if (frames_ > 0) {
    const std::int32_t since_last = step(frame_times_[(frames_ - 1) % kFrames], timestamp_ms);
    if (since_last < 0 || since_last > kMaxFrameStepMs) {
      frames_ = 0;
      last_key_frame_ms_.reset();
      last_shown_ms_.reset();
    }
  }
  frame_times_[frames_++ % kFrames] = timestamp_ms;
  if (!is_key_frame) return;
  if (last_key_frame_ms_) {
    facts_.key_frame_interval_ms = static_cast<std::uint32_t>(step(*last_key_frame_ms_, timestamp_ms));
  }
  last_key_frame_ms_ = timestamp_ms;
}

void SourceMeter::look_for_b_frame(std::uint32_t shown_ms) {
  if (last_shown_ms_ && step(*last_shown_ms_, shown_ms) < 0) {
    facts_.b_frames = true;
    return;
  }
  last_shown_ms_ = shown_ms;
  if (!facts_.b_frames && ++frames_in_order_ >= kEnoughFramesInOrder) facts_.b_frames = false;
}

SourceStats SourceMeter::stats(Instant now) const {
  SourceStats stats = facts_;
  stats.video_kbps = video_rate_.kbps(now);
  stats.audio_kbps = audio_rate_.kbps(now);
  if (frames_ >= 2) {
    const std::size_t count = std::min(frames_, kFrames);
    const std::int32_t span =
        step(frame_times_[(frames_ - count) % kFrames], frame_times_[(frames_ - 1) % kFrames]);
    if (span > 0) stats.frame_rate = static_cast<double>(count - 1) * 1000.0 / span;
  }
  return stats;
}

}  // namespace sluice::media
