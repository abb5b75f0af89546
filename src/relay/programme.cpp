// See the header.
#include "relay/programme.hpp"

#include <algorithm>

#include "relay/clip_slate.hpp"
#include "relay/frozen_slate.hpp"

namespace sluice::relay {

using media::MessageKind;
using std::chrono::seconds;

void Programme::use_source(const MessageSource* source) {
  // The last picture lies in the ring that is left.
  if (!hold_ && !feed_.reached().is_nothing()) note_remains();
  if (source != nullptr && resumed_ring_ == source->id()) in_show_ = true;
  resumed_ring_.reset();
  feed_.use_source(source);
}

void Programme::resume_from(const control::Progress& progress) {
  feed_.resume_from(progress);
  resumed_ring_ = progress.ring_id;
}

// ---- a session ----------------------------------------------------------------------------------------

void Programme::begin_session(Instant now) {
  end_session();
  session_began_ = now;
  in_show_ = true;
  nothing_to_show_ = false;
  source_has_sound_ = false;
  quiet_from_ms_ = 0;
  feed_.begin_session();
}

void Programme::end_session() {
  hold_.reset();
  heard_again_.reset();
  is_returning_ = false;
  opening_.clear();
  picture_.reset();
  silence_.reset();
  silent_until_.reset();
}

std::optional<Outgoing> Programme::next(Instant now) {
  if (!opening_.empty()) {
    header_ = std::move(opening_.back());
    opening_.pop_back();
    return Outgoing{{header_.kind, header_.timestamp_ms, header_.payload}, now, false};
  }
  if (auto silence = next_silence(now)) return silence;
  if (picture_) return std::exchange(picture_, std::nullopt);
  if (hold_ && (is_returning_ || feed_.has_returned(*hold_, now))) {
    if (const auto last = hold_->bridge()) {
      is_returning_ = true;  // behind a bridge the slate cannot go on
      return Outgoing{*last, now, false};
    }
    is_returning_ = false;
    feed_.go_on_behind(*hold_);
    hold_.reset();
  }
  if (!hold_) {
    if (auto out = from_source(now)) return out;
    if (feed_.needs_new_session()) forget_absence();  // the source is here, if not for this session
    begin_hold(now);
    if (!opening_.empty()) return next(now);
  }
  return from_hold(now);
}

std::optional<Outgoing> Programme::from_source(Instant now) {
  auto out = feed_.next(now);
  while (out && comes_behind_silence(*out)) out = feed_.next(now);
  if (!out) return std::nullopt;
  forget_absence();
  listen(*out);
  if (!wants_silence_before(*out)) return out;
  picture_ = out;
  return next(now);
}

std::optional<Outgoing> Programme::from_hold(Instant now) {
  if (!is_showing()) return std::nullopt;
  auto frame = hold_->next(now);
  if (hold_->is_broken()) {
    give_up_clip(now);
    if (hold_) frame = hold_->next(now);
  }
  return frame ? std::optional(Outgoing{*frame, now, false}) : std::nullopt;
}

std::optional<Instant> Programme::next_due() const {
  if (is_showing()) return hold_->due();
  return silent_from_;
}

// ---- the hold -----------------------------------------------------------------------------------------

void Programme::begin_hold(Instant now) {
  if (policy_.hold_s == 0 || nothing_to_show_ || feed_.absence(now) == Absence::kNone) return;
  note_remains();
  auto slate = make_slate(feed_.reached());
  nothing_to_show_ = slate == nullptr;
  if (!slate) return;
  const bool opens_session = feed_.reached().is_nothing();
  hold_.emplace(std::move(slate), feed_.reached(), feed_.clock_ms(now), now);
  silence_.reset();  // the slate has its own
  if (!opens_session) return;
  for (const ring::StoredMessage& header : remains_->headers) feed_.note_sent(header.kind, header.payload);
  opening_ = remains_->headers;
  for (ring::StoredMessage& header : opening_) header.timestamp_ms = 0;
  std::ranges::reverse(opening_);
}

// Of this session. Where the last picture was overwritten, silence is better than nothing.
void Programme::note_remains() {
  auto remains = feed_.remains();
  const bool is_better = remains && (remains->are_whole() || (!remains_ && !feed_.reached().is_nothing()));
  if (is_better) remains_ = std::move(remains);
}

std::unique_ptr<Slate> Programme::make_slate(const Reached& reached) const {
  if (!remains_) return nullptr;
  if (auto slate = make_clip_slate(clip_, *remains_, reached.key_frame_was_last)) return slate;
  return make_frozen_slate(*remains_, reached.key_frame_was_last);
}

// Its file can no longer be read: the picture freezes instead, behind what was shown of it.
void Programme::give_up_clip(Instant now) {
  clip_.reset();
  const Hold broken = std::move(*hold_);
  hold_.reset();
  Reached reached = broken.reached();
  reached.key_frame_was_last = false;  // another picture than the one that would be copied
  auto slate = make_slate(reached);
  nothing_to_show_ = slate == nullptr;
  if (slate) hold_.emplace(std::move(slate), broken.reached(), broken.clock_ms(now), now);
}

// The source is here, or its show is over.
void Programme::forget_absence() {
  nothing_to_show_ = false;
  heard_again_.reset();
  remains_.reset();
  grace_until_.reset();
}

// ---- added silence ------------------------------------------------------------------------------------

void Programme::listen(const Outgoing& out) {
  if (std::exchange(publishers_, feed_.publishers()) != feed_.publishers() && source_has_sound_) {
    source_has_sound_ = false;
    quiet_from_ms_ = feed_.entry_ms();
  }
  if (out.message.kind != MessageKind::kAudio) return;
  silence_.reset();  // it may be in another format from here on
  if (out.is_media) source_has_sound_ = true;
}

// A source without sound is given silence, in step with its pictures.
bool Programme::wants_silence_before(const Outgoing& out) {
  const bool is_picture = out.message.kind == MessageKind::kVideo && out.is_media;
  if (!policy_.silent_audio || source_has_sound_ || !is_picture) return false;
  const std::int64_t now_ms = feed_.reached().video_ms;
  if (silence_ || now_ms - quiet_from_ms_ < kSoundPatienceMs) return silence_.has_value();
  if (feed_.sent_header(MessageKind::kAudio) == nullptr) {
    feed_.note_sent(MessageKind::kAudio, silent_header());
    opening_.push_back({MessageKind::kAudio, static_cast<std::uint32_t>(now_ms), silent_header()});
  }
  if (const Bytes* header = feed_.sent_header(MessageKind::kAudio))
    silence_ = SilentTrack::like(*header, now_ms);
  return silence_.has_value();
}

// Real sound that begins is left out up to where silence was sent already.
bool Programme::comes_behind_silence(const Outgoing& out) {
  if (out.message.kind != MessageKind::kAudio || !out.is_media || !silent_until_) return false;
  if (static_cast<std::int32_t>(out.message.timestamp_ms - *silent_until_) <= 0) return true;
  silent_until_.reset();
  return false;
}

// What is due before the picture that waits.
std::optional<Outgoing> Programme::next_silence(Instant now) {
  if (!picture_ || !silence_ || silence_->next_ms() > feed_.reached().video_ms) return std::nullopt;
  const auto stamp = static_cast<std::uint32_t>(silence_->next_ms());
  silent_until_ = stamp;
  return Outgoing{{MessageKind::kAudio, stamp, silence_->take()}, now, false};
}

// ---- the show -----------------------------------------------------------------------------------------

void Programme::look(Instant now) {
  absence_ = feed_.absence(now);
  // Without a hold nothing would come of it.
  if (absence_ == Absence::kSilent && policy_.hold_s == 0) absence_ = Absence::kNone;
  over_at_.reset();
  silent_from_.reset();
  if (absence_ == Absence::kNone && !hold_) return note_silence(now);
  // A late platform gets the rest first; and a silent source that is heard again is not away any more.
  const bool is_late = hold_ ? feed_.has_returned(*hold_, now) : !remains_;
  if ((absence_ == Absence::kNone || is_late) && feed_.has_unread()) {
    if (is_showing() && !is_late) over_at_ = over_without_key_frame(now);
    return;
  }
  heard_again_.reset();
  // Of a source that nothing was read of, that there is a session is all that is known.
  Instant since = feed_.reached().is_nothing() ? session_began_ : feed_.last_arrival();
  if (remains_) since = remains_->last_arrival;
  over_at_ = over_behind(since);
}

// A moment that has passed while there was something to read is none to wait for: there was, and it could not
// be taken, so what comes next is a wake-up.
void Programme::note_silence(Instant now) {
  const auto silent_from = feed_.silent_from();
  if (policy_.hold_s > 0 && silent_from && *silent_from > now) silent_from_ = silent_from;
}

// Encoders that refresh their pictures bit by bit send no other key frame in a connection.
Instant Programme::over_without_key_frame(Instant now) {
  if (!heard_again_) heard_again_ = now;
  return *heard_again_ + std::max<Duration>(seconds{policy_.hold_s}, kKeyFramePatience);
}

std::optional<Instant> Programme::over_behind(Instant last_arrival) {
  if (absence_ == Absence::kEnded) return grace_until_ = last_arrival + seconds{policy_.stop_grace_s};
  if (policy_.hold_s == 0) return std::nullopt;
  // Who is back within the grace has its rest for the first key frame.
  return std::max(last_arrival + seconds{policy_.hold_s}, grace_until_.value_or(Instant{}));
}

bool Programme::has_something_to_show(Instant now) {
  const bool goes_on = show_goes_on(now);
  if (!goes_on) forget_absence();
  return goes_on || feed_.has_news();
}

// Without its source.
bool Programme::show_goes_on(Instant now) {
  if (!in_show_ || policy_.hold_s == 0) return false;
  gather_remains();
  look(now);
  if (!remains_ || !remains_->are_whole()) return false;
  return now < over_behind(remains_->last_arrival);
}

// For a session that is yet to come: the newest there is.
void Programme::gather_remains() {
  auto remains = feed_.newest_remains();
  if (!remains && !remains_) remains = feed_.remains();
  if (remains && remains->are_whole()) remains_ = std::move(remains);
}

void Programme::end_show() {
  in_show_ = false;
  end_session();
  forget_absence();
  feed_.close_show();
}

}  // namespace sluice::relay
