// See the header.
#include "ingest/clip_recorder.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "media/clip.hpp"
#include "media/flv.hpp"
#include "media/limits.hpp"

namespace sluice::ingest {
namespace {

static_assert(kLongestClip + kKeyFramePatience == std::chrono::milliseconds{media::kMaxClipMs});

bool is_frame(const media::MessageView& message, const media::Traits& traits) {
  return message.kind != media::MessageKind::kData && traits.track == 0 && !traits.is_empty &&
         !traits.is_sequence_header && !traits.is_end_of_sequence;
}

}  // namespace

ClipRecorder::ClipRecorder(ClipFile& file, std::chrono::seconds length, Instant now)
    : file_(file), length_(length), give_up_at_(now + kKeyFramePatience) {
  SLUICE_CHECK(length >= kShortestClip && length <= kLongestClip);
}

void ClipRecorder::add(const media::MessageView& message, const media::Traits& traits,
                       const media::SequenceHeaders& headers, Instant now) {
  if (result_) return;
  if (now >= give_up_at_) return fail("clip_no_key_frame");
  if (begun_ && traits.is_sequence_header && headers.fingerprint() != headers_)
    return fail("clip_interrupted");
  if (!is_frame(message, traits)) return;
  const bool key_frame = message.kind == media::MessageKind::kVideo && traits.is_key_frame;
  if (begun_) return add_frame(message, key_frame);
  if (key_frame && !headers.video().empty()) begin(message, headers, now);
}

void ClipRecorder::interrupt() {
  if (!result_) fail("clip_interrupted");
}

void ClipRecorder::begin(const media::MessageView& key_frame, const media::SequenceHeaders& headers,
                         Instant now) {
  begun_ = true;
  first_timestamp_ms_ = key_frame.timestamp_ms;
  headers_ = headers.fingerprint();
  give_up_at_ = now + length_ + kKeyFramePatience;
  const Bytes head = media::clip_head(headers);
  bytes_ = head.size();
  write(head);
  if (!result_) add_frame(key_frame, true);
}

void ClipRecorder::add_frame(const media::MessageView& message, bool is_key_frame) {
  // Signed, and modulo 2^32: the publisher's clock may wrap within the clip.
  const auto at_ms = static_cast<std::int32_t>(message.timestamp_ms - first_timestamp_ms_);
  const bool video = message.kind == media::MessageKind::kVideo;
  // Sound of before the first picture.
  if (!video && at_ms < 0 && last_audio_ms_ == 0) return;
  if (at_ms < (video ? last_video_ms_ : last_audio_ms_)) return fail("clip_interrupted");
  if (std::chrono::milliseconds{at_ms} > length_ + kKeyFramePatience) return fail("clip_no_key_frame");
  (video ? last_video_ms_ : last_audio_ms_) = at_ms;

  Bytes tag;
  media::append_flv_tag(tag, {message.kind, static_cast<std::uint32_t>(at_ms), message.payload});
  if (video) {
    add_video(at_ms, std::move(tag), is_key_frame);
  } else {
    add_audio(at_ms, std::move(tag));
  }
}

void ClipRecorder::add_video(std::int32_t at_ms, Bytes tag, bool is_key_frame) {
  if (is_key_frame && std::chrono::milliseconds{at_ms} >= length_) {
    write_waiting_up_to(at_ms - 1);
    if (!result_ &&
        !file_.overwrite(media::kClipDurationAt, media::clip_duration(static_cast<std::uint32_t>(at_ms))))
      return fail("clip_too_large");
    if (!result_) result_ = {"", static_cast<std::uint32_t>(at_ms), headers_};
    return;
  }
  bytes_ += tag.size();
  write_waiting_up_to(at_ms);
  if (++frames_ > media::kMaxClipFrames) return fail("clip_too_large");
  write(tag);
}

// Whether it lies before the closing key frame is known only when a picture is as late as it: until then it
// waits.
void ClipRecorder::add_audio(std::int32_t at_ms, Bytes tag) {
  bytes_ += tag.size();
  if (bytes_ > media::kMaxClipBytes || ++frames_ > media::kMaxClipFrames) return fail("clip_too_large");
  waiting_.push_back({at_ms, std::move(tag)});
  write_waiting_up_to(last_video_ms_);
}

void ClipRecorder::write_waiting_up_to(std::int32_t at_ms) {
  const auto end = std::ranges::find_if(waiting_, [&](const Waiting& one) { return one.at_ms > at_ms; });
  for (auto one = waiting_.begin(); one != end && !result_; ++one) write(one->tag);
  if (!result_) waiting_.erase(waiting_.begin(), end);
}

void ClipRecorder::write(ByteView bytes) {
  if (!result_ && (bytes_ > media::kMaxClipBytes || !file_.append(bytes))) fail("clip_too_large");
}

void ClipRecorder::fail(std::string_view problem) {
  result_ = {problem, 0, ""};
  waiting_.clear();
}

}  // namespace sluice::ingest
