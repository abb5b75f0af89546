// See the header. Every change of phase is in one of: consider_connecting, connected, after_received, fail,
// lost, end, leave, finish.
#include "relay/machine.hpp"

#include <algorithm>
#include <utility>

#include "relay/clip_slate.hpp"
#include "relay/codecs.hpp"
#include "relay/frozen_slate.hpp"

namespace sluice::relay {

using control::StreamState;
using std::chrono::seconds;

Machine::Machine(rtmp::PublishTarget target, std::uint64_t seed, Instant now,
                 std::optional<rtmp::PublishTarget> backup, MachineLimits limits)
    : choice_(backup.has_value()), limits_(limits), backoff_(seed), phase_deadline_(now + kSourceGrace) {
  targets_.push_back(std::move(target));
  if (backup) targets_.push_back(std::move(*backup));
}

// ---- the source ---------------------------------------------------------------------------------------

void Machine::resume_from(const control::Progress& progress) {
  feed_.resume_from(progress);
  resumed_ring_ = progress.ring_id;
}

void Machine::set_policy(const control::HoldPolicy& policy, Instant now) {
  policy_ = policy;
  if (phase_ != Phase::kStreaming) return;
  pump(now);
  show_streaming();
}

void Machine::use_source(const MessageSource* source, Instant now) {
  // The last picture lies in the ring that is left.
  if (phase_ == Phase::kStreaming && !hold_) remains_ = feed_.remains();
  if (source != nullptr && resumed_ring_ == source->id()) in_show_ = true;
  resumed_ring_.reset();
  feed_.use_source(source);
  source_woken(now);
}

void Machine::source_lost(Instant now) {
  feed_.lose_source();
  source_woken(now);
}

void Machine::source_woken(Instant now) {
  if (phase_ == Phase::kIdle) consider_connecting(now);
  // Whoever publishes again may have changed the codec that the platform did not take.
  if (phase_ == Phase::kBackoff && codec_refused_ && feed_.source_is_publishing() &&
      feed_.source()->generation() != *codec_refused_) {
    consider_connecting(now);
  }
  if (phase_ == Phase::kStreaming) {
    pump(now);
    show_streaming();
  }
}

void Machine::consider_connecting(Instant now) {
  if (feed_.has_news()) {
    connect(now);
    return;
  }
  if (in_show_ && !remains_) remains_ = feed_.remains();
  note_absence(now);
  if (show_goes_on(now)) {
    connect(now);
    return;
  }
  phase_ = Phase::kIdle;
  show_idle();
}

void Machine::connect(Instant now) {
  phase_ = Phase::kConnecting;
  phase_deadline_ = now + kConnectingDeadline;
  codec_refused_.reset();
  over_reason_.reset();
  wish_ = Wish::kConnect;
  server_ = choice_.index();
  set_status(StreamState::kConnecting);
}

void Machine::pump(Instant now) {
  note_absence(now);
  if (hold_until_ && now >= *hold_until_) {
    end_show(now);
    return;
  }
  // One batch at a time: what is chunked cannot be dropped any more.
  if (!session_->output().empty()) return;
  bool any = false;
  while (session_->output_size() < limits_.batch_bytes && !may_leave(now)) {
    const auto out = next_message(now);
    if (!out) break;
    if (const auto codec = unaccepted_codec(out->message, *session_); codec != media::Codec::kNone) {
      refuse_codec(codec, {}, now);
      return;
    }
    send(*out);
    any = true;
  }
  if (feed_.needs_new_session()) {
    renew_session(now);
    return;
  }
  if (any) note_taken(now);
  note_absence(now);
  const bool source_is_silent = !any && absence_ != Absence::kNone;
  if (leave_by_ && (may_leave(now) || source_is_silent)) leave(now);
}

void Machine::send(const Outgoing& out) {
  add_silence(out);
  session_->send(out.message);
  pending_media_ = pending_media_ || out.is_media;
  if (!oldest_unsent_) oldest_unsent_ = out.arrival;
}

std::optional<Outgoing> Machine::next_message(Instant now) {
  if (hold_ && feed_.has_returned(*hold_, now)) {
    if (const auto last = hold_->bridge()) return Outgoing{*last, now, false};
    feed_.go_on_behind(*hold_);
    hold_.reset();
    remains_.reset();
  }
  if (!hold_) {
    if (auto out = feed_.next(now)) return out;
    begin_hold(now);
  }
  if (!hold_) return std::nullopt;
  auto frame = hold_->next(now);
  if (hold_->is_broken()) {
    give_up_clip(now);
    if (hold_) frame = hold_->next(now);
  }
  return frame ? std::optional(Outgoing{*frame, now, false}) : std::nullopt;
}

// ---- while the source is away -------------------------------------------------------------------------

void Machine::note_absence(Instant now) {
  absence_ = feed_.absence(now);
  // Without a hold nothing would come of it.
  if (absence_ == Absence::kSilent && policy_.hold_s == 0) absence_ = Absence::kNone;
  hold_until_.reset();
  if (absence_ == Absence::kNone && !hold_) return;
  const Instant since = remains_ ? remains_->last_arrival : feed_.last_arrival();
  if (absence_ == Absence::kEnded)
    hold_until_ = since + seconds{policy_.stop_grace_s};
  else if (policy_.hold_s > 0)
    hold_until_ = since + seconds{policy_.hold_s};
}

// Whether a session without a source has something to show.
bool Machine::show_goes_on(Instant now) const {
  const bool in_time = hold_until_ && now < *hold_until_;
  return in_show_ && in_time && policy_.hold_s > 0 && remains_ && !remains_->key_frame.empty();
}

void Machine::begin_hold(Instant now) {
  if (policy_.hold_s == 0 || hold_failed_ || feed_.absence(now) == Absence::kNone) return;
  if (auto remains = feed_.remains(); remains && !remains->key_frame.empty()) remains_ = std::move(remains);
  auto slate = make_slate(feed_.reached());
  hold_failed_ = slate == nullptr;
  if (!slate) return;
  const bool is_new_session = feed_.reached().is_nothing();
  hold_.emplace(std::move(slate), feed_.reached(), feed_.clock_ms(now), now);
  silence_.reset();
  if (!is_new_session) return;
  for (const ring::StoredMessage& header : remains_->headers) {
    session_->send({header.kind, 0, header.payload});
    feed_.note_sent(header.kind, header.payload);
  }
}

std::unique_ptr<Slate> Machine::make_slate(const Reached& reached) const {
  if (!remains_) return nullptr;
  if (auto slate = make_clip_slate(clip_, *remains_, reached.key_frame_was_last)) return slate;
  return make_frozen_slate(*remains_, reached.key_frame_was_last);
}

// Its file can no longer be read: the picture freezes instead, behind what was shown of it.
void Machine::give_up_clip(Instant now) {
  clip_.reset();
  const Hold broken = std::move(*hold_);
  hold_.reset();
  Reached reached = broken.reached();
  reached.key_frame_was_last = false;  // another picture than the one that would be copied
  if (auto slate = make_slate(reached))
    hold_.emplace(std::move(slate), broken.reached(), broken.clock_ms(now), now);
  hold_failed_ = !hold_;
}

void Machine::end_show(Instant now) {
  over_reason_ = absence_ == Absence::kEnded ? show_ended() : hold_over();
  in_show_ = false;
  show_over_ = true;
  feed_.close_show();
  session_->finish();
  phase_ = Phase::kEnding;
  phase_deadline_ = now + kGoodbyeDeadline;
}

// The goodbye is with the platform, or will never be.
void Machine::after_goodbye(Wish how, Instant now) {
  if (!show_over_) return finish(how);
  show_over_ = false;
  session_.reset();
  streaming_since_.reset();
  oldest_unsent_.reset();
  hold_.reset();
  remains_.reset();
  wish_ = how;
  phase_ = Phase::kIdle;
  phase_deadline_ = now;  // who publishes again by now gets a new session
  show_idle();
}

// The source is back, but what it sends now may not follow in the same session.
void Machine::renew_session(Instant now) {
  session_.reset();
  streaming_since_.reset();
  oldest_unsent_.reset();
  hold_.reset();
  remains_.reset();
  connect(now);
}

// A source without sound is given silence, in step with its pictures.
void Machine::add_silence(const Outgoing& out) {
  if (out.message.kind == media::MessageKind::kAudio && !hold_) source_has_sound_ = true;
  const bool is_picture = out.message.kind == media::MessageKind::kVideo && out.is_media;
  if (!policy_.silent_audio || source_has_sound_ || hold_ || !is_picture) return;
  const std::int64_t now_ms = feed_.reached().video_ms;
  if (!silence_) {
    if (now_ms < kSoundPatienceMs) return;
    if (!std::exchange(silence_announced_, true)) {
      session_->send({media::MessageKind::kAudio, out.message.timestamp_ms, silent_header()});
      feed_.note_sent(media::MessageKind::kAudio, silent_header());
    }
    silence_ = SilentTrack::like(silent_header(), now_ms);
  }
  while (silence_->next_ms() <= now_ms) {
    const auto stamp = static_cast<std::uint32_t>(silence_->next_ms());
    session_->send({media::MessageKind::kAudio, stamp, silence_->take()});
  }
}

// ---- the platform -------------------------------------------------------------------------------------

void Machine::connected(Instant now) {
  if (phase_ != Phase::kConnecting) return;
  phase_ = Phase::kSetup;
  phase_deadline_ = now + kSetupDeadline;
  published_at_.reset();
  session_.emplace(targets_[server_], now, enhanced_codecs(feed_.source()));
  acked_bytes_ = queued_bytes_ = 0;
}

void Machine::connect_failed(const Failure& failure, Instant now) {
  if (phase_ != Phase::kConnecting) return;
  fail(failure, Wish::kNone, now);
}

void Machine::received(ByteView bytes, Instant now) {
  if (!session_) return;
  if (const auto parsed = session_->feed(bytes, now); !parsed) {
    if (phase_ == Phase::kEnding || phase_ == Phase::kLeaving) return;  // the deadline will see to it
    fail({FailureKind::kGarbage, std::string(rtmp::sentence(parsed.error()))}, Wish::kAbandon, now);
    return;
  }
  after_received(now);
}

void Machine::after_received(Instant now) {
  if (phase_ != Phase::kSetup && phase_ != Phase::kStreaming) return;
  if (!published_at_ && session_->state() >= rtmp::PublishState::kCreate) published_at_ = now;
  switch (session_->state()) {
    case rtmp::PublishState::kRefused:
      refused(now);
      return;
    case rtmp::PublishState::kClosedByPeer:
      if (names_a_codec(session_->refusal()))
        refused(now);
      else
        lost(now);
      return;
    case rtmp::PublishState::kStreaming:
      break;
    default:
      if (const auto codec = unaccepted_codec(feed_.source(), *session_); codec != media::Codec::kNone)
        refuse_codec(codec, {}, now);
      return;
  }
  if (phase_ == Phase::kStreaming) return;
  phase_ = Phase::kStreaming;
  streaming_since_ = progress_at_ = now;
  sent_media_ = pending_media_ = false;
  if (std::exchange(ever_streamed_, true)) ++reconnects_;
  in_show_ = true;
  hold_.reset();
  hold_failed_ = false;
  silence_.reset();
  silence_announced_ = source_has_sound_ = false;
  feed_.begin_session();
  pump(now);
  show_streaming();
}

void Machine::refused(Instant now) {
  const rtmp::PlatformRefusal& refusal = session_->refusal();
  std::string words = refusal.code;
  if (!refusal.description.empty()) words += (words.empty() ? "" : ": ") + refusal.description;
  if (names_a_codec(refusal)) {
    const auto codecs = enhanced_codecs(feed_.source());
    // Which one is meant is known only if there is but one.
    refuse_codec(codecs.size() == 1 ? codecs.front() : media::Codec::kNone, words, now);
    return;
  }
  FailureKind kind = FailureKind::kKeyRefused;
  if (refusal.redirected) {
    kind = FailureKind::kRedirected;
  } else if (refusal.at == rtmp::PublishState::kConnect) {
    kind = FailureKind::kConnectRejected;
  } else if (refusal.code == "NetStream.Publish.BadName") {
    kind = FailureKind::kAlreadyPublishing;
  }
  fail({kind, words}, Wish::kAbandon, now);
}

void Machine::refuse_codec(media::Codec codec, const std::string& words, Instant now) {
  fail({FailureKind::kCodec, words, std::string(media::codec_name(codec))}, Wish::kAbandon, now);
  if (feed_.source() != nullptr) codec_refused_ = feed_.source()->generation();
}

void Machine::closed_by_peer(Instant now) {
  switch (phase_) {
    case Phase::kConnecting:
    case Phase::kSetup:
    case Phase::kStreaming:
      lost(now);
      return;
    case Phase::kEnding:
      after_goodbye(Wish::kClose, now);
      return;
    case Phase::kLeaving:
      finish(Wish::kClose);
      return;
    case Phase::kIdle:
    case Phase::kBackoff:
    case Phase::kDone:
      return;
  }
}

// The platform has ended the connection.
void Machine::lost(Instant now) {
  if (leave_by_) return finish(Wish::kAbandon);
  if (phase_ == Phase::kStreaming && !feed_.source_is_publishing() && !show_goes_on(now)) {
    // Nothing to send and nobody to send it to: wait for the source, as at the start.
    session_.reset();
    streaming_since_.reset();
    hold_.reset();
    wish_ = Wish::kAbandon;
    phase_ = Phase::kIdle;
    show_idle();
    return;
  }
  FailureKind kind = FailureKind::kPlatformClosed;
  if (phase_ == Phase::kSetup) {
    const auto state = session_->state();
    if (state == rtmp::PublishState::kHandshake)
      kind = FailureKind::kHandshake;
    else if (state == rtmp::PublishState::kConnect)
      kind = FailureKind::kConnectRejected;
    else if (died_early(now))
      kind = FailureKind::kKeyRefused;
  } else if (died_early(now)) {
    kind = FailureKind::kKeyRefused;
  }
  fail({kind, {}}, Wish::kAbandon, now);
}

bool Machine::died_early(Instant now) const {
  return !ever_healthy_ && published_at_ && now - *published_at_ < kEarlyClose;
}

void Machine::fail(const Failure& failure, Wish how, Instant now) {
  if (leave_by_) return finish(how);  // what comes next is the successor's
  if (streaming_since_ && now - *streaming_since_ >= kHealthyAfter) {
    ever_healthy_ = true;
    backoff_.reset();
    choice_.failed_after_health();
  } else {
    choice_.failed();
  }
  session_.reset();
  streaming_since_.reset();
  oldest_unsent_.reset();
  hold_.reset();
  wish_ = how;
  phase_ = Phase::kBackoff;
  const bool refusal = is_refusal(failure.kind);
  phase_deadline_ = now + (refusal ? backoff_.after_refusal() : backoff_.after_failure());
  set_status(refusal ? StreamState::kRefused : StreamState::kRetrying, reason_of(failure), phase_deadline_);
}

void Machine::sent(std::size_t bytes, Instant now) {
  if (!session_) return;
  session_->consume_output(bytes);
  if (bytes > 0) note_taken(now);
  if (!session_->output().empty()) return;
  if (phase_ == Phase::kEnding) {
    after_goodbye(Wish::kClose, now);
    return;
  }
  if (phase_ == Phase::kLeaving) {
    finish_connection(now);
    return;
  }
  if (phase_ != Phase::kStreaming) return;
  if (pending_media_) sent_media_ = true;
  oldest_unsent_.reset();
  if (const auto position = feed_.position()) delivered_ = position;
  pump(now);
  show_streaming();
}

// While the kernel is known to hold bytes, only an acknowledgement is progress: on a slow source it can take
// minutes of media for a platform that has long been dead.
void Machine::note_taken(Instant now) {
  if (queued_bytes_ == 0) progress_at_ = now;
}

void Machine::network(std::uint64_t acked_bytes, std::size_t queued_bytes, Instant now) {
  const bool idle = queued_bytes == 0 && output().empty();
  if (acked_bytes > acked_bytes_ || idle) progress_at_ = now;
  acked_bytes_ = acked_bytes;
  queued_bytes_ = queued_bytes;
}

// ---- time and the user --------------------------------------------------------------------------------

void Machine::tick(Instant now) {
  const auto due = deadline();
  if (!due || now < *due) return;
  switch (phase_) {
    case Phase::kConnecting:
    case Phase::kSetup:
      fail({FailureKind::kTimeout, {}}, Wish::kAbandon, now);
      return;
    case Phase::kStreaming:
      if (leave_by_ && now >= *leave_by_) return leave(now);
      if (is_stalled(now)) return fail({FailureKind::kStalled, {}}, Wish::kAbandon, now);
      pump(now);
      show_streaming();
      return;
    case Phase::kBackoff:
      consider_connecting(now);
      return;
    case Phase::kEnding:
      after_goodbye(Wish::kAbandon, now);
      return;
    case Phase::kLeaving:
      finish(session_ ? Wish::kAbandon : Wish::kClose);
      return;
    case Phase::kIdle:
      consider_connecting(now);
      return;
    case Phase::kDone:
      return;
  }
}

bool Machine::is_stalled(Instant now) const {
  const bool owes = !session_->output().empty() || queued_bytes_ > 0;
  return owes && now >= progress_at_ + kStallDeadline;
}

void Machine::retry_now(Instant now) {
  if (phase_ == Phase::kBackoff) consider_connecting(now);
}

void Machine::end(Instant now) {
  show_over_ = false;
  if (phase_ == Phase::kEnding || phase_ == Phase::kDone) return;
  leave_by_.reset();
  const bool can_say_goodbye = session_ && (session_->state() == rtmp::PublishState::kStreaming ||
                                            session_->state() == rtmp::PublishState::kPublish);
  if (!can_say_goodbye) {
    if (phase_ == Phase::kLeaving) return finish(Wish::kClose);
    finish(phase_ == Phase::kConnecting || phase_ == Phase::kSetup ? Wish::kAbandon : Wish::kNone);
    return;
  }
  session_->finish();
  phase_ = Phase::kEnding;
  phase_deadline_ = now + kGoodbyeDeadline;
}

void Machine::hand_over(Instant now) {
  show_over_ = false;
  if (phase_ == Phase::kEnding || phase_ == Phase::kDone || leave_by_) return;
  leave_by_ = now + kHandOverDeadline;
  if (phase_ == Phase::kStreaming) {
    feed_.stop_at_entries(true);
    pump(now);
    return;
  }
  finish(phase_ == Phase::kConnecting || phase_ == Phase::kSetup ? Wish::kAbandon : Wish::kNone);
}

void Machine::stay() {
  if (phase_ != Phase::kStreaming) return;
  leave_by_.reset();
  feed_.stop_at_entries(false);
}

// Whether what comes next may be left to the successor.
bool Machine::may_leave(Instant now) const {
  return leave_by_ && (feed_.is_at_entry() || now >= *leave_by_);
}

// Nothing more is chunked.
void Machine::leave(Instant now) {
  phase_ = Phase::kLeaving;
  phase_deadline_ = now + kLeaveDeadline;
  if (session_->output().empty()) finish_connection(now);
}

// Everything is with the kernel. That it is with the platform is known when that closes its side.
void Machine::finish_connection(Instant now) {
  if (const auto position = feed_.position()) delivered_ = position;
  session_.reset();
  streaming_since_.reset();
  oldest_unsent_.reset();
  wish_ = Wish::kFinish;
  phase_deadline_ = now + kLeaveDeadline;
}

void Machine::finish(Wish how) {
  session_.reset();
  wish_ = how;
  exit_wanted_ = true;
  phase_ = Phase::kDone;
  // A stream that is handed over is not off: people see its last state until the successor speaks.
  if (!leave_by_) set_status(StreamState::kOff);
}

Wish Machine::take_wish() {
  if (wish_ != Wish::kNone) return std::exchange(wish_, Wish::kNone);
  return std::exchange(exit_wanted_, false) ? Wish::kExit : Wish::kNone;
}

ByteView Machine::output() const {
  return session_ ? session_->output() : ByteView{};
}

std::optional<Instant> Machine::deadline() const {
  switch (phase_) {
    case Phase::kConnecting:
    case Phase::kSetup:
    case Phase::kBackoff:
    case Phase::kEnding:
    case Phase::kLeaving:
      return phase_deadline_;
    case Phase::kStreaming:
      return streaming_deadline();
    case Phase::kIdle:
      if (status_.reason && !feed_.has_news()) return std::nullopt;
      return phase_deadline_;
    case Phase::kDone:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Instant> Machine::streaming_deadline() const {
  Instant due = leave_by_.value_or(Instant::max());
  const auto consider = [&due](std::optional<Instant> when) { due = std::min(due, when.value_or(due)); };
  if (!session_->output().empty() || queued_bytes_ > 0) consider(progress_at_ + kStallDeadline);
  if (hold_ && session_->output().empty()) consider(hold_->due());
  if (absence_ == Absence::kNone && !hold_ && policy_.hold_s > 0) consider(feed_.silent_from());
  consider(hold_until_);
  return due == Instant::max() ? std::nullopt : std::optional(due);
}

// ---- what people see ----------------------------------------------------------------------------------

void Machine::set_status(StreamState state, std::optional<control::Reason> reason,
                         std::optional<Instant> next_try) {
  status_ = {state, std::move(reason), next_try, std::nullopt};
}

void Machine::show_idle() {
  set_status(StreamState::kWaiting, over_reason_ ? *over_reason_ : source_absent());
}

void Machine::show_streaming() {
  if (phase_ != Phase::kStreaming) return;  // pump() has left, or met a codec that is not taken
  const bool is_away = hold_ || (absence_ != Absence::kNone && session_->output().empty());
  if (!is_away) {
    // After a break the state stays until the source's first new frame is out.
    if (sent_media_) set_status(StreamState::kLive);
    return;
  }
  sent_media_ = pending_media_ = false;
  set_status(StreamState::kHolding, reason_of_absence());
  status_.hold_until = hold_until_;
}

control::Reason Machine::reason_of_absence() const {
  const bool shown = hold_.has_value();
  if (absence_ == Absence::kEnded) return source_ended(shown);
  return shown && absence_ == Absence::kSilent ? source_silent() : source_broken(shown);
}

Duration Machine::behind(Instant now) const {
  return oldest_unsent_ ? now - *oldest_unsent_ : Duration::zero();
}

}  // namespace sluice::relay
