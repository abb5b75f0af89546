// See the header.
#include "relay/clip_slate.hpp"

#include <algorithm>
#include <utility>

#include "media/inspect.hpp"
#include "relay/frozen_slate.hpp"
#include "relay/silent_track.hpp"

namespace sluice::relay {
namespace {

using media::MessageKind;

// From the clip's first picture to its second.
std::int64_t step_of(const media::Clip& clip) {
  std::int64_t step = kMaxStepMs;
  for (const media::ClipFrame& frame : clip.frames()) {
    if (frame.kind == MessageKind::kVideo && frame.timestamp_ms > 0) {
      step = std::min<std::int64_t>(frame.timestamp_ms, step);
      break;
    }
  }
  return step;
}

class ClipSlate final : public Slate {
 public:
  ClipSlate(std::shared_ptr<const media::Clip> clip, Bytes lead_in, std::optional<SilentTrack> silence)
      : clip_(std::move(clip)),
        lead_in_(std::move(lead_in)),
        silence_(std::move(silence)),
        step_ms_(step_of(*clip_)),
        begin_ms_(lead_in_.empty() ? 0 : step_ms_) {
    if (read()) composition_ms_ = media::inspect(view()).composition_ms;
  }

  std::int64_t next_ms() const override {
    return silence_ ? std::min(next_of_clip_ms(), silence_->next_ms()) : next_of_clip_ms();
  }

  std::optional<media::MessageView> take() override {
    if (silence_ && silence_->next_ms() < next_of_clip_ms())
      return media::MessageView{MessageKind::kAudio, 0, silence_->take()};
    if (!lead_in_.empty()) {
      taken_ = std::exchange(lead_in_, {});
      return media::MessageView{MessageKind::kVideo, 0, taken_};
    }
    if (!read()) return std::nullopt;
    const media::MessageView taken = view();
    if (media::inspect(taken).is_key_frame) last_key_ = next_;
    if (++next_ == clip_->frames().size()) {
      next_ = 0;
      ++loops_;
    }
    return taken;
  }

  std::int64_t composition_ms() const override { return composition_ms_; }
  std::int64_t step_ms() const override { return step_ms_; }

  ByteView bridge() override {
    Remains key;
    key.headers.push_back({MessageKind::kVideo, 0, clip_->headers().video()});
    if (!clip_->read(last_key_, key.key_frame)) return {};
    taken_ = copy_of(key);
    return taken_;
  }

 private:
  std::int64_t next_of_clip_ms() const {
    if (!lead_in_.empty()) return 0;
    return begin_ms_ + loops_ * clip_->duration_ms() + frame().timestamp_ms;
  }
  const media::ClipFrame& frame() const { return clip_->frames()[next_]; }
  bool read() { return clip_->read(next_, taken_); }
  media::MessageView view() const { return {frame().kind, frame().timestamp_ms, taken_}; }

  std::shared_ptr<const media::Clip> clip_;
  Bytes lead_in_;  // still to be taken
  std::optional<SilentTrack> silence_;
  std::int64_t step_ms_;
  std::int64_t begin_ms_;
  std::int64_t composition_ms_ = 0;
  std::size_t next_ = 0;
  std::size_t last_key_ = 0;
  std::int64_t loops_ = 0;
  Bytes taken_;
};

// Its source has no sound, and the session was given silence.
bool lacks_silence(const media::Clip& clip, const Remains& remains) {
  const Bytes* running = remains.header(MessageKind::kAudio);
  return clip.headers().audio().empty() && running != nullptr && *running == silent_header();
}

bool is_of_session(const media::Clip& clip, const Remains& remains) {
  const auto fits = [&](MessageKind kind, const Bytes& header) {
    const Bytes* running = remains.header(kind);
    return running == nullptr ? header.empty() : *running == header;
  };
  return fits(MessageKind::kVideo, clip.headers().video()) &&
         (fits(MessageKind::kAudio, clip.headers().audio()) || lacks_silence(clip, remains));
}

}  // namespace

std::unique_ptr<Slate> make_clip_slate(std::shared_ptr<const media::Clip> clip, const Remains& remains,
                                       bool behind_key_frame) {
  if (!clip || clip->frames().empty() || !is_of_session(*clip, remains)) return nullptr;
  std::optional<SilentTrack> silence;
  if (lacks_silence(*clip, remains)) silence = SilentTrack::like(silent_header(), 0);
  return std::make_unique<ClipSlate>(std::move(clip), behind_key_frame ? copy_of(remains) : Bytes{},
                                     std::move(silence));
}

}  // namespace sluice::relay
