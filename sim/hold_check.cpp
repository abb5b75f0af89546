// See the header.
#include "sim/hold_check.hpp"

#include <algorithm>

namespace sluice::sim {
namespace {

using media::MessageKind;
using std::chrono::milliseconds;

}  // namespace

void HoldCheck::fail(const char* invariant, const std::string& what, std::int64_t first,
                     std::int64_t second) const {
  engine_.fail(invariant, "stream " + std::to_string(stream_) + ": " + what + " (" + std::to_string(first) +
                              ", " + std::to_string(second) + ")");
}

// ---- time ---------------------------------------------------------------------------------------------

void HoldCheck::note_picture(std::int64_t ms, std::int32_t composition_ms) {
  video_ms_ = std::max(video_ms_, ms);
  shown_ms_ = std::max(shown_ms_, ms + composition_ms);
  last_frame_at_ = last_picture_at_ = engine_.now();
}

void HoldCheck::check_picture_time(std::int64_t ms, std::int32_t composition_ms) const {
  if (video_ms_ < 0) return;
  if (ms <= video_ms_) fail("H2", "a picture is not behind the one before it", ms, video_ms_);
  if (ms + composition_ms <= shown_ms_)
    fail("H2", "a picture is shown before the one before it", ms + composition_ms, shown_ms_);
}

void HoldCheck::begin_or_go_on(std::uint32_t timestamp_ms) {
  if (!on_) {
    began_ms_ = timestamp_ms;
    began_at_ = engine_.now();
  }
  on_ = true;
  last_frame_at_ = engine_.now();
}

// ---- live ---------------------------------------------------------------------------------------------

void HoldCheck::on_live(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms) {
  const std::int64_t ms = timestamp_ms;
  if (sent.kind == MessageKind::kAudio) {
    if (on_ && ms <= audio_ms_) fail("H2", "a sound is not behind the hold's last one", ms, audio_ms_);
    if (on_) fail("H4", "the source is back with a sound");
    audio_ms_ = std::max(audio_ms_, ms);
    last_frame_at_ = engine_.now();
    return;
  }
  if (on_) {
    if (!sent.is_key) fail("H4", "the source is back without a key frame", static_cast<std::int64_t>(number));
    check_picture_time(ms, sent.composition_ms);
    if (ms <= audio_ms_) fail("H2", "the source is back before the hold's last sound", ms, audio_ms_);
    if (key_ != kNoNumber && since_key_ == 0 && picture_ && has_copies(*picture_))
      fail("H3", "the source is back right behind a key frame", static_cast<std::int64_t>(number));
    on_ = false;
  }
  note_picture(ms, sent.composition_ms);
  if (sent.is_key) {
    key_ = number;
    since_key_ = 0;
    live_since_key_ = false;
    picture_ = sent.format.picture;
    last_key_at_ = engine_.now();
    key_every_ = kUsualKeyEvery;
    if (live_key_ms_ >= 0)
      key_every_ = std::clamp<Duration>(milliseconds{ms - live_key_ms_}, kUsualKeyEvery, kLongestKeyEvery);
    live_key_ms_ = ms;
  } else {
    ++since_key_;
    live_since_key_ = true;
  }
}

// ---- a hold's -----------------------------------------------------------------------------------------

void HoldCheck::on_key_frame(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms) {
  check_picture_time(timestamp_ms, sent.composition_ms);
  if (key_ != kNoNumber && number != key_)
    fail("H1", "not the last key frame is shown again", static_cast<std::int64_t>(number),
         static_cast<std::int64_t>(key_));
  if (key_ != kNoNumber && since_key_ == 0 && has_copies(sent.format.picture))
    fail("H3", "the key frame twice in a row", static_cast<std::int64_t>(number));
  begin_or_go_on(timestamp_ms);
  note_picture(timestamp_ms, sent.composition_ms);
  key_ = number;
  picture_ = sent.format.picture;
  since_key_ = 0;
  live_since_key_ = false;
  last_key_at_ = engine_.now();
}

void HoldCheck::on_made(const media::MessageView& message) {
  if (message.kind == MessageKind::kVideo) return on_copy(message);
  const auto is = [&](Sound sound) { return std::ranges::equal(message.payload, silent_frame(sound)); };
  if (message.kind != MessageKind::kAudio || (!is(Sound::kStereo) && !is(Sound::kMono)))
    fail("I12", "a payload that nobody sent");
  const std::int64_t ms = message.timestamp_ms;
  if (ms <= audio_ms_) fail("H2", "a silence is not behind the sound before it", ms, audio_ms_);
  begin_or_go_on(message.timestamp_ms);
  audio_ms_ = ms;
}

void HoldCheck::on_copy(const media::MessageView& message) {
  if (key_ == kNoNumber || !has_copies(*picture_)) fail("I12", "a picture that nobody sent");
  if (live_since_key_) fail("H1", "a copy of a key frame behind other pictures");
  const Sent& key = truth_[key_];
  check_picture_time(message.timestamp_ms, key.composition_ms);
  const char* fault = fault_of_copy(*picture_, message.payload, key.order, ++since_key_, key.composition_ms);
  if (fault != nullptr) fail("H1", fault, since_key_);
  begin_or_go_on(message.timestamp_ms);
  note_picture(message.timestamp_ms, key.composition_ms);
}

void HoldCheck::check_reason(const HoldRules& rules, Duration delay) const {
  const Instant sent = engine_.now() - delay;
  const bool may_be_bridge = since_key_ == 1;  // which comes as soon as the source is back, in any case
  if (rules.hold_s == 0 && rules.policy_since < sent && !may_be_bridge)
    fail("H5", "a hold that was not asked for");
  if (rules.ring != nullptr && !rules.ring->is_away(engine_.now()) && rules.ring->back_by < sent)
    fail("H5", "a hold while the source is there");
  const auto passed = (engine_.now() - began_at_) / milliseconds{1};
  const std::int64_t progress = std::max(video_ms_, audio_ms_) - began_ms_;
  const auto slack = delay / milliseconds{1} + 100;
  if (progress > passed + slack || (progress < passed - slack && !may_be_bridge))
    fail("H5", "a hold's time does not pass as time does", progress, passed);
}

}  // namespace sluice::sim
