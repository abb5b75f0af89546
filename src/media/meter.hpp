// What a source is made of and how much of it arrives, for the API and the page. Sans-I/O: fed with every
// message of one publisher session. Runs in the ingest.
//
// Codec facts come from the sequence headers, frame rate, key-frame interval and B-frames from the
// timestamps, bit rates from the arrivals. onMetaData is never trusted: encoders fill it with wishes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"

namespace sluice::media {

// 0 and kNone: not known (yet), or not told by this codec's headers.
struct SourceStats {
  Codec video_codec = Codec::kNone;
  Codec audio_codec = Codec::kNone;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  double frame_rate = 0;                    // frames per second over the last 64 frames
  std::uint32_t key_frame_interval_ms = 0;  // between the last two key frames
  // Whether frames are sent in another order than they are shown in. None among the first 120 frames: false,
  // until one comes after all.
  std::optional<bool> b_frames;
  std::uint32_t video_kbps = 0;  // payload that arrived in the last 3 s
  std::uint32_t audio_kbps = 0;
  std::uint32_t sample_rate = 0;
  std::uint8_t channels = 0;
};

class SourceMeter {
 public:
  // `arrival` never goes back. Tracks other than 0 of a multitrack source count for the bit rates only.
  void add(const MessageView& message, const Traits& traits, Instant arrival);
  SourceStats stats(Instant now) const;
  void reset() { *this = {}; }  // a new publisher session begins

 private:
  // Bits that arrived in the last kBuckets quarter seconds.
  class Rate {
   public:
    void add(std::size_t bytes, Instant arrival);
    std::uint32_t kbps(Instant now) const;

   private:
    static constexpr int kBuckets = 12;
    static constexpr std::chrono::milliseconds kBucket{250};
    static std::int64_t bucket_of(Instant when) { return when.time_since_epoch() / kBucket; }

    std::array<std::uint64_t, kBuckets> bytes_{};
    std::array<std::int64_t, kBuckets> bucket_{};
    std::optional<std::int64_t> first_;
  };

  void add_video(const MessageView& message, const Traits& traits);
  void add_audio(const MessageView& message, const Traits& traits);
  void add_frame_time(std::uint32_t timestamp_ms, bool is_key_frame);
  void look_for_b_frame(std::uint32_t shown_ms);

  static constexpr std::size_t kFrames = 64;
  SourceStats facts_;  // all but frame rate and bit rates
  std::array<std::uint32_t, kFrames> frame_times_{};
  std::size_t frames_ = 0;  // since the last break of the time line
  std::optional<std::uint32_t> last_key_frame_ms_;
  std::optional<std::uint32_t> last_shown_ms_;  // of the frames up to here, the one that is shown last
  std::size_t frames_in_order_ = 0;
  Rate video_rate_;
  Rate audio_rate_;
};

}  // namespace sluice::media
