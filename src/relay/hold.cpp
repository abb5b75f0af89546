// See the header.
#include "relay/hold.hpp"

#include <algorithm>
#include <utility>

#include "media/inspect.hpp"

namespace sluice::relay {
namespace {

std::int64_t within_bounds(std::int64_t composition_ms) {
  return std::clamp(composition_ms, -kMaxCompositionMs, kMaxCompositionMs);
}

}  // namespace

void Reached::note_video(std::int64_t ms, std::int64_t composition_ms, bool is_key_frame) {
  video_ms = std::max(video_ms, ms);
  shown_ms = std::max(shown_ms, ms + within_bounds(composition_ms));
  key_frame_was_last = is_key_frame;
}

void Reached::note_audio(std::int64_t ms) {
  audio_ms = std::max(audio_ms, ms);
}

std::int64_t Reached::next_ms(std::int64_t composition_ms) const {
  return std::max({video_ms + step_ms, shown_ms + step_ms - within_bounds(composition_ms), audio_ms + 1});
}

Hold::Hold(std::unique_ptr<Slate> slate, const Reached& reached, std::int64_t clock_ms, Instant now)
    : slate_(std::move(slate)), reached_(reached), began_(now), clock_ms_(clock_ms) {
  reached_.step_ms = slate_->step_ms();
  base_ms_ = reached.is_nothing() ? clock_ms : std::max(clock_ms, reached_.next_ms(slate_->composition_ms()));
}

std::optional<media::MessageView> Hold::next(Instant now) {
  const std::int64_t late_ms = whole_ms(now - due());
  if (now < due()) return std::nullopt;
  if (late_ms > kMaxHoldLateMs) base_ms_ += late_ms;
  const std::int64_t ms = base_ms_ + slate_->next_ms();
  const auto frame = slate_->take();
  broken_ = !frame;
  return frame ? std::optional(note(*frame, ms)) : std::nullopt;
}

std::int64_t Hold::clock_ms(Instant now) const {
  return clock_ms_ + whole_ms(now - began_);
}

Instant Hold::due() const {
  return moment_of(base_ms_ + slate_->next_ms());
}

std::optional<media::MessageView> Hold::bridge() {
  if (!reached_.key_frame_was_last) return std::nullopt;
  const ByteView picture = slate_->bridge();
  if (picture.empty()) return std::nullopt;
  return note({media::MessageKind::kVideo, 0, picture}, reached_.video_ms + reached_.step_ms);
}

media::MessageView Hold::note(media::MessageView message, std::int64_t ms) {
  message.timestamp_ms = static_cast<std::uint32_t>(ms);
  const media::Traits traits = media::inspect(message);
  if (message.kind == media::MessageKind::kVideo)
    reached_.note_video(ms, traits.composition_ms, traits.is_key_frame);
  else
    reached_.note_audio(ms);
  return message;
}

}  // namespace sluice::relay
