// See the header. Every change of phase is in one of: consider_connecting, connected, after_received, fail,
// lost, end, leave, finish.
#include "relay/machine.hpp"

#include <algorithm>
#include <utility>

#include "relay/codecs.hpp"

namespace sluice::relay {

using control::StreamState;

Machine::Machine(rtmp::PublishTarget target, std::uint64_t seed, Instant now,
                 std::optional<rtmp::PublishTarget> backup, MachineLimits limits)
    : choice_(backup.has_value()), limits_(limits), backoff_(seed), phase_deadline_(now + kSourceGrace) {
  targets_.push_back(std::move(target));
  if (backup) targets_.push_back(std::move(*backup));
}

// ---- the source ---------------------------------------------------------------------------------------

void Machine::set_policy(const control::HoldPolicy& policy, Instant now) {
  programme_.set_policy(policy);
  if (phase_ == Phase::kIdle && programme_.is_in_show()) consider_connecting(now);
  if (phase_ != Phase::kStreaming) return;
  pump(now);
  show_streaming();
}

void Machine::use_source(const MessageSource* source, Instant now) {
  programme_.use_source(source);
  source_woken(now);
}

void Machine::source_lost(Instant now) {
  programme_.lose_source();
  source_woken(now);
}

void Machine::source_woken(Instant now) {
  if (phase_ == Phase::kIdle) consider_connecting(now);
  // Whoever publishes again may have changed the codec that the platform did not take.
  if (phase_ == Phase::kBackoff && codec_refused_ && feed().source_is_publishing() &&
      feed().source()->generation() != *codec_refused_) {
    consider_connecting(now);
  }
  if (phase_ == Phase::kStreaming) {
    pump(now);
    show_streaming();
  }
}

void Machine::consider_connecting(Instant now) {
  if (programme_.has_something_to_show(now)) {
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
  programme_.look(now);
  if (const auto over = programme_.over_at(); over && now >= *over) {
    end_show(now);
    return;
  }
  // One batch at a time: what is chunked cannot be dropped any more.
  if (!session_->output().empty()) return;
  bool any = false;
  while (session_->output_size() < limits_.batch_bytes && !may_leave(now)) {
    const auto out = programme_.next(now);
    if (!out) break;
    if (const auto codec = unaccepted_codec(out->message, *session_); codec != media::Codec::kNone) {
      refuse_codec(codec, {}, now);
      return;
    }
    send(*out);
    any = true;
  }
  if (programme_.needs_new_session()) {
    if (leave_by_) return finish(Wish::kAbandon);  // the successor begins it
    drop_session();
    connect(now);
    return;
  }
  if (any) note_taken(now);
  programme_.look(now);
  const bool source_is_silent = !any && programme_.absence() != Absence::kNone;
  if (leave_by_ && (may_leave(now) || source_is_silent)) leave(now);
}

void Machine::send(const Outgoing& out) {
  session_->send(out.message, out.owner);
  pending_media_ = pending_media_ || out.is_media;
  if (!oldest_unsent_) oldest_unsent_ = out.arrival;
}

// The source was away for too long: the platform is told that the show is over.
void Machine::end_show(Instant now) {
  over_reason_ = programme_.absence() == Absence::kEnded ? show_ended() : hold_over();
  show_over_ = true;
  programme_.end_show();
  session_->finish();
  phase_ = Phase::kEnding;
  phase_deadline_ = now + kGoodbyeDeadline;
}

// The goodbye is with the platform, or will never be.
void Machine::after_goodbye(Wish how, Instant now) {
  if (!std::exchange(show_over_, false)) return finish(how);
  drop_session();
  wish_ = how;
  phase_ = Phase::kIdle;
  phase_deadline_ = now;  // who publishes again by now gets a new session
  show_idle();
}

void Machine::drop_session() {
  session_.reset();
  programme_.end_session();
  streaming_since_.reset();
  oldest_unsent_.reset();
}

// ---- the platform -------------------------------------------------------------------------------------

void Machine::connected(Instant now) {
  if (phase_ != Phase::kConnecting) return;
  phase_ = Phase::kSetup;
  phase_deadline_ = now + kSetupDeadline;
  published_at_.reset();
  session_.emplace(targets_[server_], now, enhanced_codecs(feed().source()));
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
    fail(from_garbage(parsed.error()), Wish::kAbandon, now);
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
      if (const auto codec = unaccepted_codec(feed().source(), *session_); codec != media::Codec::kNone)
        refuse_codec(codec, {}, now);
      return;
  }
  if (phase_ == Phase::kStreaming) return;
  phase_ = Phase::kStreaming;
  streaming_since_ = progress_at_ = now;
  sent_media_ = pending_media_ = false;
  if (std::exchange(ever_streamed_, true)) ++reconnects_;
  programme_.begin_session(now);
  pump(now);
  show_streaming();
}

void Machine::refused(Instant now) {
  const rtmp::PlatformRefusal& refusal = session_->refusal();
  const Failure failure = from_refusal(refusal);
  if (names_a_codec(refusal)) {
    const auto codecs = enhanced_codecs(feed().source());
    // Which one is meant is known only if there is but one.
    refuse_codec(codecs.size() == 1 ? codecs.front() : media::Codec::kNone, failure.words, now);
    return;
  }
  fail(failure, Wish::kAbandon, now);
}

void Machine::refuse_codec(media::Codec codec, const std::string& words, Instant now) {
  fail({FailureKind::kCodec, words, std::string(media::codec_name(codec))}, Wish::kAbandon, now);
  if (feed().source() != nullptr) codec_refused_ = feed().source()->generation();
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
  if (phase_ == Phase::kStreaming && !feed().source_is_publishing() &&
      !programme_.has_something_to_show(now)) {
    // Nothing to send and nobody to send it to: wait for the source, as at the start.
    drop_session();
    wish_ = Wish::kAbandon;
    phase_ = Phase::kIdle;
    show_idle();
    return;
  }
  Failure failure{FailureKind::kPlatformClosed, {}};
  if (phase_ == Phase::kSetup) failure = from_early_close(session_->state());
  if (failure.kind == FailureKind::kPlatformClosed && died_early(now))
    failure.kind = FailureKind::kKeyRefused;
  fail(failure, Wish::kAbandon, now);
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
  drop_session();
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
  if (const auto position = feed().position()) delivered_ = position;
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
    programme_.stop_at_entries(true);
    pump(now);
    return;
  }
  finish(phase_ == Phase::kConnecting || phase_ == Phase::kSetup ? Wish::kAbandon : Wish::kNone);
}

void Machine::stay() {
  if (phase_ != Phase::kStreaming) return;
  leave_by_.reset();
  programme_.stop_at_entries(false);
}

// Whether what comes next may be left to the successor.
bool Machine::may_leave(Instant now) const {
  return leave_by_ && (programme_.is_at_entry() || now >= *leave_by_);
}

// Nothing more is chunked.
void Machine::leave(Instant now) {
  phase_ = Phase::kLeaving;
  phase_deadline_ = now + kLeaveDeadline;
  if (session_->output().empty()) finish_connection(now);
}

// Everything is with the kernel. That it is with the platform is known when that closes its side.
void Machine::finish_connection(Instant now) {
  if (const auto position = feed().position()) delivered_ = position;
  drop_session();
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

std::size_t Machine::gather_output(std::span<ByteView> into) const {
  return session_ ? session_->gather_output(into) : 0;
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
      if (status_.reason && !feed().has_news()) return std::nullopt;
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
  if (session_->output().empty()) consider(programme_.next_due());
  consider(programme_.over_at());
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
  const bool is_away =
      programme_.is_holding() || (programme_.absence() != Absence::kNone && session_->output().empty());
  if (!is_away) {
    // After a break the state stays until the source's first new frame is out.
    if (sent_media_) set_status(StreamState::kLive);
    return;
  }
  sent_media_ = pending_media_ = false;
  set_status(StreamState::kHolding, reason_of_absence());
  status_.hold_until = programme_.over_at();
}

control::Reason Machine::reason_of_absence() const {
  const bool shown = programme_.is_showing();
  const Absence absence = programme_.absence();
  if (absence == Absence::kEnded) return source_ended(shown);
  // Who sends again, but no key frame yet, was silent.
  return shown && absence != Absence::kBroken ? source_silent() : source_broken(shown);
}

Duration Machine::behind(Instant now) const {
  return oldest_unsent_ ? now - *oldest_unsent_ : Duration::zero();
}

}  // namespace sluice::relay
