// See the header.
#include "ingest/flv_player.hpp"

#include "media/flv.hpp"

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
      offset_ms_ = message->timestamp_ms;
      // A player waits for a track that is announced, and takes one that is not: only what is known is
      // announced.
      media::append_flv_header(out, follower_.has_audio(), follower_.has_video());
    }
    media::append_flv_tag(out, {message->kind, time_of(message->timestamp_ms), message->payload});
  }
}

bool FlvPlayer::publisher_has_gone() const {
  const ring::Reader& reader = follower_.reader();
  return reader.state() != ring::SourceState::kPublishing ||
         (generation_ != 0 && reader.generation() != generation_);
}

std::uint32_t FlvPlayer::time_of(std::uint32_t timestamp_ms) {
  std::uint32_t time = timestamp_ms - offset_ms_;
  const auto step = static_cast<std::int32_t>(time - newest_ms_);
  if (step > kClockJumpMs || step < -kClockJumpMs) {
    offset_ms_ = timestamp_ms - newest_ms_;
    return newest_ms_;
  }
  if (step > 0) newest_ms_ = time;
  // Sound that belongs before the first picture.
  const bool before_the_beginning = step < 0 && newest_ms_ < static_cast<std::uint32_t>(-step);
  return before_the_beginning ? 0 : time;
}

}  // namespace sluice::ingest
