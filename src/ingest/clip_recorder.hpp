// Cuts a clip out of what a source sends (docs/clip.md): from the next key frame on, for a given time and up
// to the key frame after that. Sans-I/O, fed with every message of the source; runs in the ingest.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"
#include "media/sequence_headers.hpp"

namespace sluice::ingest {

inline constexpr std::chrono::seconds kShortestClip{5};
inline constexpr std::chrono::seconds kLongestClip{15};
// For the first key frame, and behind the wanted time for the closing one.
inline constexpr std::chrono::seconds kKeyFramePatience{15};

// Where a clip's bytes go.
class ClipFile {
 public:
  virtual ~ClipFile() = default;
  // false: there is no room.
  virtual bool append(ByteView bytes) = 0;
  virtual bool overwrite(std::size_t at, ByteView bytes) = 0;
};

class ClipRecorder {
 public:
  struct Result {
    std::string_view problem;  // a code of texts/reasons.json; empty: the file is whole
    std::uint32_t duration_ms = 0;
    std::string headers;  // their fingerprint
  };

  // `file` is empty and outlives it. REQUIRES: kShortestClip <= length <= kLongestClip.
  ClipRecorder(ClipFile& file, std::chrono::seconds length, Instant now);

  // `headers`: in force, this message's included. Fails with clip_no_key_frame, clip_too_large
  // (media/limits.hpp), or clip_interrupted: other sequence headers, or a clock that went back.
  void add(const media::MessageView& message, const media::Traits& traits,
           const media::SequenceHeaders& headers, Instant now);
  // The publisher has left: clip_interrupted.
  void interrupt();

  std::chrono::milliseconds recorded() const { return std::chrono::milliseconds{last_video_ms_}; }
  // Nothing is taken any more once there is one.
  const std::optional<Result>& result() const { return result_; }

 private:
  struct Waiting {
    std::int32_t at_ms;
    Bytes tag;
  };

  void begin(const media::MessageView& key_frame, const media::SequenceHeaders& headers, Instant now);
  void add_frame(const media::MessageView& message, bool is_key_frame);
  void add_video(std::int32_t at_ms, Bytes tag, bool is_key_frame);
  void add_audio(std::int32_t at_ms, Bytes tag);
  // Sound that waited for a picture as late as itself.
  void write_waiting_up_to(std::int32_t at_ms);
  void write(ByteView bytes);
  void fail(std::string_view problem);

  ClipFile& file_;
  std::chrono::milliseconds length_;
  Instant give_up_at_;
  bool begun_ = false;
  std::uint32_t first_timestamp_ms_ = 0;
  std::int32_t last_video_ms_ = 0;
  std::int32_t last_audio_ms_ = 0;
  std::string headers_;
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;  // written or waiting
  std::vector<Waiting> waiting_;
  std::optional<Result> result_;
};

}  // namespace sluice::ingest
