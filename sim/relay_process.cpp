// See the header. What StreamDriver does with sockets and timers, on the simulator's.
#include "sim/relay_process.hpp"

#include <algorithm>
#include <utility>

namespace sluice::sim {

using relay::Failure;
using relay::FailureKind;
using relay::Wish;
using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- orders -------------------------------------------------------------------------------------------

void RelayProcess::configure(const std::string& config_hash, const std::string& key, Page& page,
                             std::size_t batch_bytes) {
  if (machine_) return;
  config_hash_ = config_hash;
  page_ = &page;
  machine_.emplace(rtmp::PublishTarget{"app", "rtmp://platform/app", Secret{key}}, engine_.random().bits(),
                   engine_.now(), std::nullopt, relay::MachineLimits{.batch_bytes = batch_bytes});
  check_.emplace(engine_, platform_.stream(), batch_bytes);
  if (page.position) machine_->resume_from(*page.position);
  on_heartbeat();
  step();
}

void RelayProcess::use_ring(const RingRef& ring, const RingFacts& facts) {
  if (!machine_ || ring.serial == 0) return;
  note_show();
  if (ring.name() != ring_name_) {
    ring_name_ = ring.name();
    if (facts_ != nullptr) last_frame_ = std::max(last_frame_, facts_->last_frame);
    facts_ = &facts;
    auto source = std::make_unique<CoreSource>(ring);
    machine_->use_source(source.get(), engine_.now());
    source_ = std::move(source);
    ring_lost_ = false;
  }
  machine_->source_woken(engine_.now());
  step();
}

void RelayProcess::set_policy(const control::HoldPolicy& policy) {
  if (!machine_) return;
  policy_ = policy;
  note_show();
  machine_->set_policy(policy, engine_.now());
  step();
}

std::optional<Instant> RelayProcess::show_end_behind(Instant last_frame) const {
  if (facts_->presence == Presence::kEnded) return last_frame + seconds{policy_.stop_grace_s};
  if (policy_.hold_s == 0) return std::nullopt;
  // Who is back within the grace has its rest for the first key frame.
  return std::max(last_frame + seconds{policy_.hold_s}, grace_until_);
}

std::optional<Instant> RelayProcess::show_ends_at() const {
  if (facts_ == nullptr) return std::nullopt;
  return show_end_behind(std::max(last_frame_, facts_->last_frame));
}

std::optional<Instant> RelayProcess::show_may_end_at() const {
  if (facts_ == nullptr) return std::nullopt;
  if (platform_.healthy()) return show_ends_at();
  return show_end_behind(std::min(platform_.newest_arrival(), std::max(last_frame_, facts_->last_frame)));
}

// Before the machine hears anything: from the moment on at which it is due, the platform may hear a goodbye.
void RelayProcess::note_show() {
  const auto ends_at = show_may_end_at();
  if (facts_ != nullptr && facts_->presence == Presence::kEnded)
    grace_until_ = *show_ends_at();
  else if (facts_ != nullptr && facts_->has_key)
    grace_until_ = {};
  const bool over = ends_at && engine_.now() >= *ends_at;
  if (connection_ != nullptr && connection_->accepted()) in_show_ = true;
  if (!over) return;
  in_show_ = false;
  if (connection_ != nullptr) connection_->allow_goodbye();
}

void RelayProcess::lose_ring() {
  if (!machine_) return;
  note_show();
  ring_lost_ = true;
  machine_->source_lost(engine_.now());
  step();
}

void RelayProcess::retry_now() {
  if (!machine_ || stopped_) return;
  check_->on_retry_now();
  machine_->retry_now(engine_.now());
  step();
}

void RelayProcess::end() {
  if (!machine_) {
    exited_ = true;
    events_.on_relay_exit(platform_.stream());
    return;
  }
  if (connection_ != nullptr) connection_->allow_goodbye();
  machine_->end(engine_.now());
  step();
}

// ---- what happens -------------------------------------------------------------------------------------

void RelayProcess::on_wake() {
  if (stopped_) {
    missed_wake_ = true;
    return;
  }
  if (!machine_ || exited_ || !source_) return;
  note_show();
  machine_->source_woken(engine_.now());
  step();
}

void RelayProcess::on_connect_done(std::uint64_t attempt) {
  if (attempt != attempt_ || !connecting_) return;
  if (stopped_) {
    connect_waits_ = true;
    return;
  }
  connecting_ = false;
  switch (attempt_answer_) {
    case Answer::kTcpRefused:
      machine_->connect_failed({FailureKind::kUnreachable, "refused"}, engine_.now());
      break;
    case Answer::kNameNotFound:
      machine_->connect_failed({FailureKind::kNameNotFound, {}}, engine_.now());
      break;
    default:
      connection_ = &platform_.connect();
      machine_->connected(engine_.now());
      break;
  }
  step();
}

void RelayProcess::on_replies(std::uint64_t connection) {
  if (connection_ == nullptr || connection_->serial() != connection) return;
  note_show();
  const Bytes bytes = connection_->take_replies();
  if (!bytes.empty()) machine_->received(bytes, engine_.now());
  step();
}

void RelayProcess::on_writable(std::uint64_t connection) {
  if (connection_ == nullptr || connection_->serial() != connection) return;
  if (!machine_->output().empty()) step();
}

void RelayProcess::on_hang_up(std::uint64_t connection) {
  if (connection_ == nullptr || connection_->serial() != connection) return;
  machine_->closed_by_peer(engine_.now());
  step();
}

void RelayProcess::on_timer(std::uint64_t armed) {
  if (armed != armed_ || !machine_) return;
  armed_for_.reset();
  note_show();
  machine_->tick(engine_.now());
  step();
}

void RelayProcess::on_heartbeat() {
  if (page_ == nullptr) return;
  page_->last_beat = engine_.now();
  note_show();
  if (connection_ == nullptr || exited_) return;
  machine_->network(connection_->acked_bytes(), connection_->queued_bytes(), engine_.now());
  step();
}

// ---- the driver ---------------------------------------------------------------------------------------

void RelayProcess::step() {
  for (;;) {
    flush();
    const Wish wish = machine_->take_wish();
    if (wish == Wish::kNone) break;
    carry_out(wish);
    if (exited_) return;
  }
  const auto deadline = machine_->deadline();
  if (deadline != armed_for_ && !(armed_for_ && deadline && *deadline > *armed_for_)) {
    armed_for_ = deadline;
    ++armed_;
    if (deadline) engine_.at(*deadline, EventKind::kTimer, platform_.stream(), serial_, armed_);
  }
  check();
}

void RelayProcess::flush() {
  while (connection_ != nullptr && !machine_->output().empty()) {
    const std::size_t written = connection_->write(machine_->output());
    if (written == 0) return;
    note_show();
    machine_->sent(written, engine_.now());
    if (const auto& delivered = machine_->delivered()) page_->position = *delivered;
  }
}

void RelayProcess::carry_out(Wish wish) {
  switch (wish) {
    case Wish::kNone:
      return;
    case Wish::kConnect:
      drop_connection(true);
      connect();
      return;
    case Wish::kFinish:  // the machine goes on to read: for the simulator as good as a close
      if (const auto& delivered = machine_->delivered()) page_->position = *delivered;
      return;
    case Wish::kClose:
      drop_connection(false);
      return;
    case Wish::kAbandon:
      drop_connection(true);
      return;
    case Wish::kExit:
      exited_ = true;
      events_.on_relay_exit(platform_.stream());
      return;
  }
}

// H4: a healthy platform's session is given up for another format only, or with a goodbye.
void RelayProcess::check_renewal() const {
  if (!platform_.healthy() || !session_format_ || !in_show_ || facts_ == nullptr) return;
  if (engine_.now() < engine_.disturbed_until() || waking_) return;
  if (*session_format_ == facts_->format)
    engine_.fail("H4", "stream " + std::to_string(platform_.stream()) + ": a new session without need");
}

void RelayProcess::connect() {
  check_->on_connect();
  check_renewal();
  connecting_ = true;
  attempt_answer_ = platform_.answer();
  ++attempt_;
  engine_.note("relay connects, process and try", platform_.stream(), static_cast<std::int64_t>(serial_),
               static_cast<std::int64_t>(attempt_));
  if (attempt_answer_ == Answer::kUnanswered) return;
  engine_.after(2 * platform_.line().latency + milliseconds{1}, EventKind::kConnectDone, platform_.stream(),
                serial_, attempt_);
}

void RelayProcess::drop_connection(bool reset) {
  connecting_ = false;
  if (connection_ == nullptr) return;
  if (const SessionCheck* check = connection_->check(); check != nullptr && check->format())
    session_format_ = check->format();
  platform_.relay_closes(connection_->serial(), reset);
  connection_ = nullptr;
}

void RelayProcess::check() {
  const control::StreamState state = machine_->status().state;
  if (state == control::StreamState::kLive && !was_live_) {
    was_live_ = true;
    events_.on_relay_live(platform_.stream(), serial_);
  }
  const bool publishing = !ring_lost_ && source_ && source_->state() == ring::SourceState::kPublishing;
  RelayCheck::Step seen;
  seen.has_connection = connection_ != nullptr;
  seen.accepted = connection_ != nullptr && connection_->accepted();
  seen.entry = publishing ? source_->newest_entry() : std::nullopt;
  seen.ring = ring_name_;
  seen.late = waking_;
  check_->on_step(*machine_, seen);
  if (const auto until = machine_->status().hold_until; until && engine_.verbose())
    engine_.trace("holds until, ms", platform_.stream(), (*until - kStart) / milliseconds{1});
}

// ---- the process --------------------------------------------------------------------------------------

void RelayProcess::stop() {
  stopped_ = true;
}

void RelayProcess::go_on() {
  stopped_ = false;
  waking_ = true;  // its timer is late, too
  on_heartbeat();
  if (!machine_) return;
  if (std::exchange(connect_waits_, false)) on_connect_done(attempt_);
  if (std::exchange(missed_wake_, false)) on_wake();
  if (connection_ != nullptr) on_replies(connection_->serial());
  if (connection_ != nullptr && connection_->hung_up()) on_hang_up(connection_->serial());
  armed_for_.reset();
  if (!exited_) {
    note_show();
    machine_->tick(engine_.now());
    step();
  }
  waking_ = false;
}

Inheritance RelayProcess::die(bool reset) {
  Inheritance inheritance;
  if (connection_ != nullptr && !reset) {
    inheritance.last = connection_->last_given();
    inheritance.exact = machine_ && machine_->output().empty();
    inheritance.in_hold = machine_ && machine_->status().state == control::StreamState::kHolding;
  }
  drop_connection(reset);
  connecting_ = false;
  exited_ = true;
  return inheritance;
}

}  // namespace sluice::sim
