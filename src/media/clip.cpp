// See the header. The writing half runs in the ingest, the reading half in relays.
#include "media/clip.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/check.hpp"
#include "media/flv.hpp"
#include "media/inspect.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

using namespace std::literals;

constexpr std::size_t kFileHeaderBytes = 13;  // with the first PreviousTagSize
// onMetaData, an ECMA array of one number, `duration`: what players look for, at a place of its own.
constexpr std::string_view kBeforeDuration =
    "\x02\x00\x0aonMetaData"
    "\x08\x00\x00\x00\x01\x00\x08"
    "duration\x00"sv;
constexpr std::string_view kAfterDuration = "\x00\x00\x09"sv;
constexpr std::size_t kMetadataBytes = kBeforeDuration.size() + sizeof(double) + kAfterDuration.size();
static_assert(kClipDurationAt == kFileHeaderBytes + kFlvTagHeaderBytes + kBeforeDuration.size());

// As much of a frame as inspect() needs to tell what it is.
constexpr std::size_t kLookBytes = 64;

Bytes metadata(ByteView duration) {
  Bytes out;
  append(out, as_bytes(kBeforeDuration));
  append(out, duration);
  append(out, as_bytes(kAfterDuration));
  return out;
}

}  // namespace

// ---- writing -------------------------------------------------------------------------------------------

Bytes clip_duration(std::uint32_t duration_ms) {
  Bytes out;
  append_be64(out, std::bit_cast<std::uint64_t>(duration_ms / 1000.0));
  return out;
}

Bytes clip_head(const SequenceHeaders& headers) {
  SLUICE_CHECK(!headers.video().empty());
  Bytes out;
  append_flv_header(out, !headers.audio().empty(), true);
  append_flv_tag(out, {MessageKind::kData, 0, metadata(clip_duration(0))});
  append_flv_tag(out, {MessageKind::kVideo, 0, headers.video()});
  if (!headers.audio().empty()) append_flv_tag(out, {MessageKind::kAudio, 0, headers.audio()});
  return out;
}

// ---- reading -------------------------------------------------------------------------------------------

std::string_view sentence(ClipError error) {
  switch (error) {
    case ClipError::kUnreadable:
      return "The clip cannot be read.";
    case ClipError::kNotAClip:
      return "This is not a whole clip.";
    case ClipError::kDamaged:
      return "The clip is damaged.";
    case ClipError::kTooLarge:
      return "The clip is too large.";
  }
  return "Unknown clip error.";
}

struct Clip::Tag {
  MessageKind kind = MessageKind::kData;
  std::uint32_t timestamp_ms = 0;
  std::uint64_t payload_at = 0;
  std::size_t payload_bytes = 0;
};

// The one pass through the file.
class Clip::Scan {
 public:
  Scan(Clip& clip, std::uint64_t file_bytes) : clip_(clip), file_bytes_(file_bytes) {}

  std::expected<void, ClipError> run() {
    if (file_bytes_ > kMaxClipBytes) return std::unexpected(ClipError::kTooLarge);
    if (const auto begun = read_beginning(); !begun) return begun;
    while (at_ < file_bytes_) {
      const auto tag = next_tag();
      if (!tag) return std::unexpected(tag.error());
      if (const auto taken = take(*tag); !taken) return taken;
    }
    if (clip_.frames_.empty()) return std::unexpected(ClipError::kDamaged);
    return {};
  }

 private:
  bool read(std::uint64_t at, std::span<std::uint8_t> out) {
    return out.size() <= file_bytes_ && at <= file_bytes_ - out.size() && clip_.read_(at, out);
  }
  std::expected<void, ClipError> read_beginning();
  std::expected<Tag, ClipError> next_tag();
  std::expected<void, ClipError> take(const Tag& tag);
  std::expected<void, ClipError> take_header(const Tag& tag, const Traits& traits);

  Clip& clip_;
  std::uint64_t file_bytes_;
  std::uint64_t at_ = 0;
  std::uint32_t last_video_ms_ = 0;
  std::uint32_t last_audio_ms_ = 0;
};

std::expected<void, ClipError> Clip::Scan::read_beginning() {
  constexpr std::size_t kBytes = kFileHeaderBytes + kFlvTagHeaderBytes + kMetadataBytes + kFlvTagTrailerBytes;
  std::array<std::uint8_t, kBytes> found{};
  if (file_bytes_ < kBytes) return std::unexpected(ClipError::kNotAClip);
  if (!read(0, found)) return std::unexpected(ClipError::kUnreadable);
  const ByteView duration = ByteView(found).subspan(kClipDurationAt, sizeof(double));
  Bytes expected;
  append_flv_header(expected, (found[4] & 4U) != 0, true);
  append_flv_tag(expected, {MessageKind::kData, 0, metadata(duration)});
  if (!std::ranges::equal(found, expected)) return std::unexpected(ClipError::kNotAClip);
  at_ = kBytes;

  const double ms = std::round(std::bit_cast<double>(load_be64(duration.data())) * 1000.0);
  // Not a number is neither; 0 is a file that was never finished.
  if (!(ms > 0)) return std::unexpected(ClipError::kNotAClip);
  if (ms > kMaxClipMs) return std::unexpected(ClipError::kTooLarge);
  clip_.duration_ms_ = static_cast<std::uint32_t>(ms);
  return {};
}

std::expected<Clip::Tag, ClipError> Clip::Scan::next_tag() {
  std::array<std::uint8_t, kFlvTagHeaderBytes> head{};
  std::array<std::uint8_t, kFlvTagTrailerBytes> trailer{};
  if (file_bytes_ - at_ < head.size() + trailer.size()) return std::unexpected(ClipError::kDamaged);
  if (!read(at_, head)) return std::unexpected(ClipError::kUnreadable);
  Tag tag;
  tag.kind = static_cast<MessageKind>(head[0]);
  tag.timestamp_ms = load_be24(head.data() + 4) | (static_cast<std::uint32_t>(head[7]) << 24);
  tag.payload_at = at_ + head.size();
  tag.payload_bytes = load_be24(head.data() + 1);
  const bool ours = (head[0] == 8 || head[0] == 9) && load_be24(head.data() + 8) == 0;
  const std::uint64_t end = tag.payload_at + tag.payload_bytes + trailer.size();
  if (!ours || tag.payload_bytes == 0 || end > file_bytes_) return std::unexpected(ClipError::kDamaged);
  if (!read(end - trailer.size(), trailer)) return std::unexpected(ClipError::kUnreadable);
  if (load_be32(trailer.data()) != head.size() + tag.payload_bytes)
    return std::unexpected(ClipError::kDamaged);
  at_ = end;
  return tag;
}

std::expected<void, ClipError> Clip::Scan::take(const Tag& tag) {
  std::array<std::uint8_t, kLookBytes> look{};
  const auto beginning = std::span(look).first(std::min(look.size(), tag.payload_bytes));
  if (!read(tag.payload_at, beginning)) return std::unexpected(ClipError::kUnreadable);
  const Traits traits = inspect({tag.kind, tag.timestamp_ms, beginning});
  if (traits.is_sequence_header) return take_header(tag, traits);

  const bool first = clip_.frames_.empty();
  const bool opens = tag.kind == MessageKind::kVideo && traits.is_key_frame && tag.timestamp_ms == 0;
  std::uint32_t& last_ms = tag.kind == MessageKind::kVideo ? last_video_ms_ : last_audio_ms_;
  const bool in_order = tag.timestamp_ms >= last_ms && tag.timestamp_ms < clip_.duration_ms_;
  if ((first && !opens) || !in_order || traits.is_end_of_sequence || clip_.headers_.video().empty())
    return std::unexpected(ClipError::kDamaged);
  if (clip_.frames_.size() >= kMaxClipFrames) return std::unexpected(ClipError::kTooLarge);
  last_ms = tag.timestamp_ms;
  clip_.frames_.push_back({tag.kind, tag.timestamp_ms, static_cast<std::uint32_t>(tag.payload_at),
                           static_cast<std::uint32_t>(tag.payload_bytes)});
  return {};
}

std::expected<void, ClipError> Clip::Scan::take_header(const Tag& tag, const Traits& traits) {
  if (tag.payload_bytes > kMaxSequenceHeaderBytes) return std::unexpected(ClipError::kTooLarge);
  const Bytes& there = tag.kind == MessageKind::kVideo ? clip_.headers_.video() : clip_.headers_.audio();
  if (!clip_.frames_.empty() || !there.empty() || tag.timestamp_ms != 0)
    return std::unexpected(ClipError::kDamaged);
  Bytes payload(tag.payload_bytes);
  if (!read(tag.payload_at, payload)) return std::unexpected(ClipError::kUnreadable);
  if (!clip_.headers_.take({tag.kind, 0, payload}, traits)) return std::unexpected(ClipError::kDamaged);
  return {};
}

std::expected<Clip, ClipError> Clip::open(ReadAt read, std::uint64_t file_bytes) {
  Clip clip;
  clip.read_ = std::move(read);
  if (const auto scanned = Scan(clip, file_bytes).run(); !scanned) return std::unexpected(scanned.error());
  clip.frames_.shrink_to_fit();
  return clip;
}

bool Clip::read(std::size_t index, Bytes& payload) const {
  const ClipFrame& frame = frames_.at(index);
  payload.resize(frame.size);
  return read_(frame.offset, payload);
}

}  // namespace sluice::media
