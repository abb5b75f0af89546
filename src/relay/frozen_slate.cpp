// See the header.
#include "relay/frozen_slate.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "media/hold_pictures.hpp"
#include "media/inspect.hpp"
#include "relay/silent_track.hpp"

namespace sluice::relay {
namespace {

using media::MessageKind;

constexpr std::uint8_t kInterFrame = 2U << 4U;
constexpr std::uint8_t kFrameTypeBits = 7U << 4U;

// An interval out of bounds is cut or stretched at the same frame rate.
Rhythm within_bounds(const Rhythm& measured) {
  const std::int64_t gop_ms = std::clamp(measured.gop_ms, kMinGopMs, kMaxGopMs);
  const std::int64_t frames = measured.frames * gop_ms / std::max<std::int64_t>(measured.gop_ms, 1);
  return {gop_ms, static_cast<int>(std::clamp<std::int64_t>(frames, 2, gop_ms / kMinFrameMs))};
}

// A key frame and its copies as whole messages.
class Pictures {
 public:
  Pictures(const Remains& remains, bool behind_key_frame)
      : key_frame_(remains.key_frame), rhythm_(remains.rhythm) {
    const media::MessageView message{MessageKind::kVideo, 0, key_frame_};
    const media::Traits traits = media::inspect(message);
    composition_ms_ = traits.composition_ms;
    const Bytes* header = remains.header(MessageKind::kVideo);
    if (traits.codec == media::Codec::kAvc && !traits.is_multitrack && header != nullptr) {
      const ByteView body = media::media_body(message);
      copies_ = media::HoldPictures::from(media::media_body({MessageKind::kVideo, 0, *header}), body);
      prefix_.assign(key_frame_.begin(), key_frame_.end() - static_cast<std::ptrdiff_t>(body.size()));
    }
    if (copies_) {
      rhythm_ = within_bounds(rhythm_);
      key_frame_ = prefix_;
      append(key_frame_, copies_->key_frame());
      prefix_[0] = static_cast<std::uint8_t>((prefix_[0] & ~kFrameTypeBits) | kInterFrame);
    } else {
      rhythm_ = {kKeyFrameEveryMs, 1};
    }
    first_ = next_ = behind_key_frame ? 1 : 0;
  }

  std::int64_t next_ms() const { return time_of(next_) - time_of(first_); }
  std::int64_t composition_ms() const { return composition_ms_; }
  std::int64_t step_ms() const {
    return std::min<std::int64_t>((rhythm_.gop_ms + rhythm_.frames - 1) / rhythm_.frames, kMaxStepMs);
  }

  ByteView take() {
    const std::int64_t number = next_++ % rhythm_.frames;
    if (number == 0) return key_frame_;
    return copy(number);
  }
  // The picture before was the key frame: its first copy, ahead of its time.
  ByteView bridge() {
    if (!copies_ || (next_ - 1) % rhythm_.frames != 0) return {};
    return copy(1);
  }

 private:
  std::int64_t time_of(std::int64_t number) const {
    return (number * rhythm_.gop_ms + rhythm_.frames / 2) / rhythm_.frames;
  }
  ByteView copy(std::int64_t number) {
    copy_ = prefix_;
    append(copy_, copies_->skipped(static_cast<std::uint32_t>(number)));
    return copy_;
  }

  Bytes key_frame_;
  Rhythm rhythm_;
  std::int64_t composition_ms_ = 0;
  std::optional<media::HoldPictures> copies_;
  Bytes prefix_;  // of a copy: the message's bytes before the coded data
  Bytes copy_;
  std::int64_t first_ = 0;
  std::int64_t next_ = 0;
};

class FrozenSlate final : public Slate {
 public:
  FrozenSlate(std::optional<Pictures> pictures, std::optional<SilentTrack> silence)
      : pictures_(std::move(pictures)), silence_(std::move(silence)) {}

  std::int64_t next_ms() const override {
    if (!pictures_) return silence_->next_ms();
    return silence_ ? std::min(pictures_->next_ms(), silence_->next_ms()) : pictures_->next_ms();
  }
  std::optional<media::MessageView> take() override {
    if (pictures_ && pictures_->next_ms() == next_ms())
      return media::MessageView{MessageKind::kVideo, 0, pictures_->take()};
    return media::MessageView{MessageKind::kAudio, 0, silence_->take()};
  }
  std::int64_t composition_ms() const override { return pictures_ ? pictures_->composition_ms() : 0; }
  std::int64_t step_ms() const override { return pictures_ ? pictures_->step_ms() : 1; }
  ByteView bridge() override { return pictures_ ? pictures_->bridge() : ByteView{}; }

 private:
  std::optional<Pictures> pictures_;
  std::optional<SilentTrack> silence_;
};

}  // namespace

std::unique_ptr<Slate> make_frozen_slate(const Remains& remains, bool behind_key_frame) {
  std::optional<Pictures> pictures;
  if (!remains.key_frame.empty()) pictures.emplace(remains, behind_key_frame);
  std::optional<SilentTrack> silence;
  if (const Bytes* header = remains.header(MessageKind::kAudio)) silence = SilentTrack::like(*header, 0);
  if (!pictures && !silence) return nullptr;
  return std::make_unique<FrozenSlate>(std::move(pictures), std::move(silence));
}

Bytes copy_of(const Remains& remains) {
  if (remains.key_frame.empty()) return {};
  Pictures pictures(remains, true);
  const ByteView copy = pictures.bridge();
  return {copy.begin(), copy.end()};
}

}  // namespace sluice::relay
