// See the header.
#include "ingest/flv_player.hpp"

#include "media/flv.hpp"
#include "media/inspect.hpp"

namespace sluice::ingest {

void FlvPlayer::pump(Bytes& out) {
  while (!ended_ && out.size() < kBatchBytes) {
    const auto message = follower_.next();
    if (!message || (generation_ != 0 && follower_.generation() != generation_)) {
      ended_ = publisher_has_gone();
      return;
    }
    if (generation_ == 0) {
      generation_ = follower_.generation();
      // A player waits for a track that is announced, and takes one that is not: only what is known is
      // announced.
      media::append_flv_header(out, follower_.has_audio(), follower_.has_video());
    }
    media::append_flv_tag(out, {message->kind, time_of(*message), message->payload});
  }
}

bool FlvPlayer::publisher_has_gone() const {
  const ring::Reader& reader = follower_.reader();
  return reader.state() != ring::SourceState::kPublishing ||
         (generation_ != 0 && reader.generation() != generation_);
}

// Metadata and sequence headers are beside the frames, and sources give them any time: they move no clock.
std::uint32_t FlvPlayer::time_of(const media::MessageView& message) {
  if (message.kind == media::MessageKind::kData) return newest_ms_;
  TrackClock& clock = message.kind == media::MessageKind::kAudio ? sound_ : picture_;
  if (media::inspect(message).is_sequence_header)
    return clock.begun ? not_before_the_beginning(clock.last_ms) : newest_ms_;
  if (follower_.beginnings() != beginnings_) go_on_here(clock, message.timestamp_ms);
  return not_before_the_beginning(time_of_frame(clock, message.timestamp_ms));
}

// Whatever lies before this frame: all tracks have missed it.
void FlvPlayer::go_on_here(const TrackClock& clock, std::uint32_t timestamp_ms) {
  beginnings_ = follower_.beginnings();
  const std::uint32_t missed_ms = timestamp_ms - (clock.begun ? clock.offset_ms : offset_ms_) - newest_ms_;
  for (std::uint32_t* offset : {&offset_ms_, &sound_.offset_ms, &picture_.offset_ms}) *offset += missed_ms;
}

// A track is judged by its own last time. When the source's clock jumps, the first track to do so moves the
// offset, and the others change to the same one with their own first frames beyond.
std::uint32_t FlvPlayer::time_of_frame(TrackClock& clock, std::uint32_t timestamp_ms) {
  if (!clock.begun) clock = {true, offset_ms_, newest_ms_};
  const auto step_with = [&](std::uint32_t offset_ms) {
    return static_cast<std::int32_t>(timestamp_ms - offset_ms - clock.last_ms);
  };
  const auto follows = [](std::int32_t step) { return step >= -kClockJumpMs && step <= kClockJumpMs; };
  if (!follows(step_with(clock.offset_ms))) {
    if (!follows(step_with(offset_ms_))) offset_ms_ = timestamp_ms - newest_ms_;
    clock.offset_ms = offset_ms_;
  }
  const std::uint32_t time = timestamp_ms - clock.offset_ms;
  if (step_with(clock.offset_ms) > 0) clock.last_ms = time;
  if (static_cast<std::int32_t>(time - newest_ms_) > 0) newest_ms_ = time;
  return time;
}

std::uint32_t FlvPlayer::not_before_the_beginning(std::uint32_t time_ms) const {
  const auto behind = static_cast<std::int32_t>(newest_ms_ - time_ms);
  return behind > 0 && newest_ms_ < static_cast<std::uint32_t>(behind) ? 0 : time_ms;
}

}  // namespace sluice::ingest
