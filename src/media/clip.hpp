// A clip of a source in one FLV file: what viewers see in a hold instead of the frozen picture. Written by
// the ingest, read by relays; the format is in docs/clip.md.
//
// The file is the user's, on a disk: the reader trusts nothing in it. It is never in memory as a whole: one
// pass makes an index, and each frame is read when it is needed.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "media/message.hpp"
#include "media/sequence_headers.hpp"

namespace sluice::media {

// ---- writing -------------------------------------------------------------------------------------------

// What stands before the frames: the file header, the length (still 0) and the sequence headers. REQUIRES: a
// video header.
Bytes clip_head(const SequenceHeaders& headers);
// The bytes at kClipDurationAt, for when the length is known.
inline constexpr std::size_t kClipDurationAt = 53;
Bytes clip_duration(std::uint32_t duration_ms);

// ---- reading -------------------------------------------------------------------------------------------

enum class ClipError : std::uint8_t {
  kUnreadable,  // the bytes cannot be had
  kNotAClip,    // another file, or one that was never finished
  kDamaged,     // lengths, times or order are wrong
  kTooLarge,    // beyond the limits (limits.hpp)
};
std::string_view sentence(ClipError error);

struct ClipFrame {
  MessageKind kind = MessageKind::kVideo;
  std::uint32_t timestamp_ms = 0;  // from the clip's beginning
  std::uint32_t offset = 0;        // of the payload in the file
  std::uint32_t size = 0;
};

class Clip {
 public:
  // Fills `out` with the file's bytes from `offset` on; false: they cannot be had. Called with ranges inside
  // the file only.
  using ReadAt = std::function<bool(std::uint64_t offset, std::span<std::uint8_t> out)>;

  // Reads through a file of `file_bytes` once. `read` is kept, and what it refers to must outlive the clip.
  static std::expected<Clip, ClipError> open(ReadAt read, std::uint64_t file_bytes);

  // Where the clip begins again: behind the last frame's end, at most kMaxClipMs.
  std::uint32_t duration_ms() const { return duration_ms_; }
  // There is always a video header.
  const SequenceHeaders& headers() const { return headers_; }
  // In the order of sending: times of one kind never go back and are below the duration. The first is a key
  // frame at 0. None is a sequence header.
  std::span<const ClipFrame> frames() const { return frames_; }
  // The payload of frames()[index], as published. false: it cannot be read any more.
  bool read(std::size_t index, Bytes& payload) const;

 private:
  struct Tag;
  class Scan;

  Clip() = default;

  ReadAt read_;
  std::uint32_t duration_ms_ = 0;
  SequenceHeaders headers_;
  std::vector<ClipFrame> frames_;
};

}  // namespace sluice::media
