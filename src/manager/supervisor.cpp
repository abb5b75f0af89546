// Real processes and sockets around reconcile. Runs in the manager.
#include "manager/supervisor.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "base/log.hpp"
#include "base/version.hpp"
#include "control/reason.hpp"
#include "manager/config_hash.hpp"
#include "manager/hold.hpp"
#include "manager/times.hpp"
#include "os/channel.hpp"
#include "os/wake.hpp"

namespace sluice::manager {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How often heartbeats are looked at; far below kHeartbeatLost.
constexpr std::chrono::milliseconds kWatchEvery{500};
constexpr std::chrono::seconds kTrimLogsEvery{10};

constexpr const char* kNotStarted = "relay_not_started";

control::Reason relay_died(const std::optional<os::ExitStatus>& status) {
  ReasonParams params;
  if (status) params.emplace_back(status->signalled ? "signal" : "exit_code", std::to_string(status->code));
  return control::make_reason("relay_died", std::move(params));
}

control::Reason relay_not_started(const std::string& why) {
  return control::make_reason(kNotStarted, {{"why", why}});
}

}  // namespace

Supervisor::Supervisor(asio::io_context& io, const Store& store, Clips& clips, const RunDirectory& directory,
                       Settings settings, Callbacks callbacks)
    : io_(io),
      store_(store),
      clips_(clips),
      directory_(directory),
      settings_(std::move(settings)),
      callbacks_(std::move(callbacks)),
      packs_(io, directory, {settings_.program_directory, settings_.streams_per_relay},
             [this](ChildId pack) { on_pack_ended(pack); }),
      started_ms_(wall_ms()),
      timer_(io),
      trim_timer_(io) {}

// Children are left alone: only shut_down() ends them.
Supervisor::~Supervisor() {
  for (auto& [id, record] : records_) {
    if (record.process) record.process->let_go();
  }
}

// ---- desired -------------------------------------------------------------------------------------------

std::map<ChildId, Wish> Supervisor::wishes() const {
  std::map<ChildId, Wish> wishes;
  if (shutting_down_) return wishes;
  wishes[kIngest] = {ingest_hash(), 0};
  for (const auto& [id, stream] : store_.streams()) {
    if (!stream.enabled) continue;
    wishes[id] = {config_hash(stream, store_.hash_key()), stream.source, hold_of(stream),
                  clips_.version(stream.source)};
  }
  return wishes;
}

std::string Supervisor::ingest_hash() const {
  return config_hash(store_.sources(), settings_.play_from_anywhere, store_.hash_key());
}

void Supervisor::start(UniqueFd listener, std::vector<FoundChild> found) {
  ingest_.keep_listener(std::move(listener));
  for (FoundChild& child : found) {
    log::info("found a running child", {{"child", child.id}, {"pid", child.process.pid}});
    if (child.id < kIngest) packs_.adopt(std::move(child));
  }
  std::erase_if(found, [](const FoundChild& child) { return child.id < kIngest; });
  for (FoundChild& child : found) {
    if (child.hello.pack != 0) adopt_packed(child);
    reconciler_.found(child.id, Clock::now());
    attend(child.id, std::move(child.process), std::move(child.channel));
    on_hello(child.id, child.hello, std::move(child.fds));
  }
  packs_.end_empty();
  apply();
  trim_logs();
}

// Into the pack that a previous manager has given it to.
void Supervisor::adopt_packed(const FoundChild& child) {
  const auto stream = store_.streams().find(child.id);
  const std::int64_t source = stream == store_.streams().end() ? 0 : stream->second.source;
  packs_.adopt_stream(child.id, source, pack_child(child.hello.pack));
}

void Supervisor::apply() {
  clips_.keep_only(store_.sources());
  ingest_.keep_only(store_.sources());
  reconciler_.publishing(ingest_.anyone_publishes(), Clock::now());
  std::erase_if(off_since_ms_, [this](const auto& entry) { return !store_.streams().contains(entry.first); });
  reconciler_.want(wishes(), Clock::now());
  step();
}

void Supervisor::shut_down() {
  shutting_down_ = true;
  apply();
}

void Supervisor::retry(std::int64_t stream) {
  if (ChildProcess* process = process_of(stream)) process->send(control::RetryNow{});
  reconciler_.retry_now(stream, Clock::now());
  step();
}

bool Supervisor::record_clip(std::int64_t source, int seconds) {
  ChildProcess* ingest = process_of(kIngest);
  if (ingest == nullptr || !listening()) return false;
  ingest->send(control::RecordClip{source, seconds});
  clips_.asked(source, seconds);
  return true;
}

void Supervisor::watch(std::int64_t source, UniqueFd socket) {
  ChildProcess* ingest = process_of(kIngest);
  if (ingest == nullptr || !takes_viewers()) return;
  if (!ingest->try_send(control::Watch{source}, {socket.get()}))
    log::warning("a viewer was closed: the ingest cannot be told of it", {{"source", source}});
}

// ---- the loop ------------------------------------------------------------------------------------------

// Carrying out an action can bring the next event at once (a program that is missing): it is taken in the
// next round, never in the middle of this one.
void Supervisor::step() {
  if (stepping_) {
    step_again_ = true;
    return;
  }
  stepping_ = true;
  do {
    step_again_ = false;
    for (const auto& [id, record] : records_) {
      if (id != kIngest && record.page) reconciler_.heartbeat(id, record.page->last_beat());
    }
    for (const Action& action : reconciler_.step(Clock::now())) carry_out(action);
  } while (step_again_);
  stepping_ = false;
  schedule();
  for (asio::steady_timer* waiter : waiters_) waiter->cancel();
}

void Supervisor::trim_logs() {
  for (const auto& [id, record] : records_) directory_.trim_log(id);
  packs_.trim_logs();
  trim_timer_.expires_after(kTrimLogsEvery);
  trim_timer_.async_wait([this](const error_code& error) {
    if (!error) trim_logs();
  });
}

void Supervisor::schedule() {
  const auto deadline = reconciler_.next_deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::min(*deadline, Clock::now() + kWatchEvery));
  timer_.async_wait([this](const error_code& error) {
    if (!error) step();
  });
}

void Supervisor::carry_out(const Action& action) {
  using Kind = Action::Kind;
  const ChildId id = action.child;
  switch (action.kind) {
    case Kind::kSpawn:
      return spawn(id);
    case Kind::kConnect:
      return reconnect(id);
    case Kind::kConfigure:
      return configure(id);
    case Kind::kTellHold:
      return tell_hold(id);
    case Kind::kTellClip:
      return tell_clip(id);
    case Kind::kUseRing:
      return use_ring(id);
    case Kind::kLoseRing:
      if (ChildProcess* process = process_of(id)) process->send(control::SourceLost{});
      return;
    case Kind::kAttach:
      return attach(id);
    case Kind::kDetach:  // a packed one is woken with its pack, which stays attached as long as it lives
      if (ChildProcess* ingest = process_of(kIngest)) ingest->send(control::DetachReader{id});
      return;
    case Kind::kHandOver:
      log::info("asking a relay of another build to hand over", {{"child", id}});
      if (ChildProcess* process = process_of(id)) process->send(control::HandOver{});
      return;
    case Kind::kTerminate:
      return terminate(id);
    case Kind::kKill:
      log::warning("a child does not answer or end: killing it", {{"child", id}});
      if (ChildProcess* process = process_of(id)) process->signal(SIGKILL);
      return;
    case Kind::kForget:
      records_.erase(id);
      directory_.remove(id);
      off_since_ms_[id] = wall_ms();
      notify(id);
      return;
  }
}

ChildProcess* Supervisor::process_of(ChildId id) {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : found->second.process.get();
}

void Supervisor::notify(ChildId id) {
  if (id != kIngest && callbacks_.on_stream) callbacks_.on_stream(id);
}

// ---- actions -------------------------------------------------------------------------------------------

void Supervisor::could_not_start(ChildId id, const std::string& why) {
  log::error("cannot start a child", {{"child", id}, {"why", why}});
  Record& record = records_[id];
  record.failure = relay_not_started(why);
  record.since_ms = wall_ms();
  reconciler_.spawn_failed(id, Clock::now());
  step_again_ = true;
  notify(id);
}

void Supervisor::spawn(ChildId id) {
  Record& record = records_[id];
  record.reported.reset();
  record.since_ms = wall_ms();
  auto started = start_process(id);
  if (!started) return could_not_start(id, started.error());
  if (record.failure && record.failure->code == kNotStarted) record.failure.reset();
  attend(id, std::move(started->process), std::move(started->channel));
  notify(id);
}

std::expected<StartedChild, std::string> Supervisor::start_process(ChildId id) {
  const std::string& programs = settings_.program_directory;
  if (id == kIngest)
    return start_child(directory_, id, programs, {"sluice-ingest", "RTMP:" + settings_.rtmp_listen});
  const Stream& stream = store_.streams().at(id);
  if (settings_.streams_per_relay > 1) return packs_.carry(id, stream.source);
  return start_child(directory_, id, programs,
                     {"sluice-relay", "STREAM_ID:" + std::to_string(id), stream.platform});
}

void Supervisor::attend(ChildId id, os::Process process, UniqueFd channel) {
  Record& record = records_[id];
  record.process = std::make_shared<ChildProcess>(
      io_, std::move(process),
      ChildProcess::Callbacks{[this, id](control::Message message, std::vector<UniqueFd> fds) {
                                on_message(id, std::move(message), std::move(fds));
                              },
                              [this, id] { on_channel_lost(id); },
                              [this, id](std::optional<os::ExitStatus> status) { on_ended(id, status); }});
  record.process->start();
  record.process->talk_over(std::move(channel));
  if (id == kIngest || is_packed(id)) return;
  auto wake = os::create_wake();
  if (wake) record.wake = std::move(*wake);
}

void Supervisor::reconnect(ChildId id) {
  auto channel = os::connect_channel(directory_.run(), directory_.socket_name(id));
  ChildProcess* process = process_of(id);
  // Without a channel its hello will be missed, and that is what ends it.
  if (channel && process != nullptr) process->talk_over(std::move(*channel));
}

void Supervisor::configure(ChildId id) {
  ChildProcess* process = process_of(id);
  if (process == nullptr) return;
  if (id == kIngest) {
    ingest_.configure(*process, store_.sources(), settings_.play_from_anywhere, ingest_hash());
    return;
  }
  const auto found = store_.streams().find(id);
  if (found == store_.streams().end()) return;
  const Stream& stream = found->second;
  Record& record = records_[id];
  if (!record.page) {
    auto page = control::ProgressMap::create(("sluice-progress-" + std::to_string(id)).c_str());
    if (!page)
      return log::error("cannot make a progress page", {{"stream", id}, {"why", page.error().message()}});
    record.page = std::move(*page);
  }
  process->send(control::ConfigureRelay{id, stream.server, stream.key, stream.tls_ca,
                                        config_hash(stream, store_.hash_key()), stream.backup_server},
                {record.page->fd()});
  notify(id);
}

control::HoldPolicy Supervisor::hold_of(const Stream& stream) const {
  return hold_policy(stream, settings_.needs_sound(stream.platform));
}

void Supervisor::tell_hold(ChildId id) {
  const auto stream = store_.streams().find(id);
  ChildProcess* process = process_of(id);
  if (process != nullptr && stream != store_.streams().end()) process->send(hold_of(stream->second));
}

void Supervisor::tell_clip(ChildId id) {
  const auto stream = store_.streams().find(id);
  ChildProcess* process = process_of(id);
  if (process == nullptr || stream == store_.streams().end()) return;
  const int clip = clips_.descriptor(stream->second.source);
  process->send(control::UseClip{}, clip < 0 ? std::vector<int>{} : std::vector{clip});
}

void Supervisor::use_ring(ChildId id) {
  const auto stream = store_.streams().find(id);
  ChildProcess* process = process_of(id);
  if (process == nullptr || stream == store_.streams().end()) return;
  const Ring* ring = ingest_.ring_of(stream->second.source);
  if (ring == nullptr) return;
  std::vector<int> fds{ring->fd.get()};
  if (!is_packed(id)) fds.push_back(records_[id].wake.get());
  process->send(control::UseRing{ring->id}, fds);
}

// A pack is attached with each of its streams; it stays one reader.
void Supervisor::attach(ChildId id) {
  const auto stream = store_.streams().find(id);
  ChildProcess* ingest = process_of(kIngest);
  if (ingest == nullptr || stream == store_.streams().end()) return;
  const bool packed = is_packed(id);
  const int wake = packed ? packs_.wake_of(id) : records_[id].wake.get();
  if (wake < 0) return;
  ingest_.attach(*ingest, stream->second.source, packed ? packs_.pack_of(id) : id, wake);
}

void Supervisor::terminate(ChildId id) {
  log::info("ending", {{"child", id}});
  ChildProcess* process = process_of(id);
  if (process == nullptr) return;
  if (is_packed(id)) {
    process->send(control::End{});  // a signal would end the others too
  } else {
    process->signal(SIGTERM);
  }
}

// ---- events --------------------------------------------------------------------------------------------

void Supervisor::on_message(ChildId id, control::Message message, std::vector<UniqueFd> fds) {
  if (const auto* hello = std::get_if<control::Hello>(&message)) {
    on_hello(id, *hello, std::move(fds));
  } else if (auto* state = std::get_if<control::RelayState>(&message)) {
    on_relay_state(id, std::move(*state));
  } else if (auto* ring = std::get_if<control::RingOf>(&message)) {
    if (fds.size() != 1 || !store_.sources().contains(ring->source)) return;
    reconciler_.ring_is(ring->source, ring->ring_id);
    ingest_.take_ring(ring->source, {std::move(ring->ring_id), std::move(fds.front())});
  } else if (auto* facts = std::get_if<control::SourceFacts>(&message)) {
    const std::int64_t source = facts->source;
    if (!store_.sources().contains(source)) return;
    if (facts->state == "publishing") reconciler_.did_useful_work(id);
    ingest_.take_facts(std::move(*facts));
    reconciler_.publishing(ingest_.anyone_publishes(), Clock::now());
    if (callbacks_.on_source) callbacks_.on_source(source);
    return;
  } else if (const auto* recorded = std::get_if<control::ClipRecorded>(&message)) {
    if (!store_.sources().contains(recorded->source)) return;
    clips_.recorded(*recorded, fds.size() == 1 ? std::move(fds.front()) : UniqueFd{});
    return;
  } else if (auto* refused = std::get_if<control::RefusedPublish>(&message)) {
    if (callbacks_.on_refused) callbacks_.on_refused(std::move(*refused));
    return;
  }
  step();
}

void Supervisor::on_hello(ChildId id, const control::Hello& hello, std::vector<UniqueFd> fds) {
  const bool same_protocol = hello.protocol == control::kProtocol;
  Record& record = records_[id];
  if (id != kIngest && !record.page && fds.size() == 1) {
    if (auto page = control::ProgressMap::open(std::move(fds.front()))) record.page = std::move(*page);
  }
  // A relay that runs without a page could not be watched: it is configured anew, that is, replaced.
  const bool usable = id == kIngest || hello.config_hash.empty() || record.page;
  if (record.since_ms == 0) record.since_ms = wall_ms();
  if (id == kIngest) ingest_.greeted(!fds.empty(), hello.takes_viewers);
  if (!same_protocol) record.failure = relay_not_started("it is of another version of Sluice");
  const bool same_build = hello.build == kBuildId;
  if (!same_build) log::info("a child of another build", {{"child", id}, {"build", hello.build}});
  reconciler_.greeted(id, {same_protocol && usable, hello.config_hash, hello.ring_id, same_build},
                      Clock::now());
  notify(id);
}

void Supervisor::on_relay_state(ChildId id, control::RelayState state) {
  if (state.state == control::StreamState::kLive) reconciler_.did_useful_work(id);
  reconciler_.holds(id, state.state == control::StreamState::kHolding);
  const auto found = records_.find(id);
  if (found == records_.end()) return;
  found->second.reported = std::move(state);
  found->second.failure.reset();
  notify(id);
}

void Supervisor::on_channel_lost(ChildId id) {
  // A dead child's channel closes a moment before its end is told: that is no news.
  ChildProcess* lost = process_of(id);
  if (lost == nullptr || lost->has_ended()) return;
  const bool is_running = reconciler_.phase(id) == Phase::kRunning;
  if (is_packed(id)) {
    auto channel = os::connect_channel(directory_.run(), directory_.socket_name(id));
    if (!channel) return on_ended(id, os::ExitStatus{});  // it has left the pack, and closed its socket
    if (!is_running) lost->talk_over(std::move(*channel));
  }
  if (!is_running) return;
  log::warning("lost the channel to a child", {{"child", id}});
  reconciler_.channel_lost(id, Clock::now());
  step();
}

void Supervisor::on_pack_ended(ChildId pack) {
  if (ChildProcess* ingest = process_of(kIngest)) ingest->send(control::DetachReader{pack});
  step();
}

void Supervisor::on_ended(ChildId id, std::optional<os::ExitStatus> status) {
  const bool expected = reconciler_.asked_to_end(id);
  log::info("ended", {{"child", id},
                      {"expected", expected},
                      {"signal", status && status->signalled ? status->code : 0},
                      {"exit_code", status && !status->signalled ? status->code : 0}});
  Record& record = records_[id];
  record.process.reset();
  record.wake.reset();
  packs_.left(id);
  record.reported.reset();
  record.since_ms = wall_ms();
  if (!expected && !(record.failure && record.failure->code == kNotStarted))
    record.failure = relay_died(status);
  reconciler_.ended(id, Clock::now());
  if (id == kIngest) {
    for (const std::int64_t source : ingest_.lost()) {
      if (callbacks_.on_source) callbacks_.on_source(source);
    }
    reconciler_.publishing(false, Clock::now());
    clips_.ingest_lost();
  }
  step();
  notify(id);
}

// ---- what is seen from outside --------------------------------------------------------------------------

StreamStatus Supervisor::status(const Stream& stream) const {
  StreamStatus status;
  const auto found = records_.find(stream.id);
  if (found == records_.end()) {
    const auto off = off_since_ms_.find(stream.id);
    status.since_ms = off == off_since_ms_.end() ? started_ms_ : off->second;
    return status;
  }
  const Record& record = found->second;
  if (record.page) status.stats = read_stats(record.page->page());
  status.stats.restarts = static_cast<std::uint64_t>(reconciler_.restarts(stream.id));
  status.since_ms = record.since_ms;
  if (record.process) {
    status.pid = record.process->pid();
    status.state = control::StreamState::kWaiting;
    status.reason = record.failure;
  } else if (const auto at = reconciler_.respawn_at(stream.id)) {
    status.state = control::StreamState::kRetrying;
    status.reason = record.failure;
    status.next_try_at_ms = wall_ms(*at);
    return status;
  }
  if (record.reported) {
    status.state = record.reported->state;
    status.reason = record.reported->reason;
    status.since_ms = record.reported->since_ms;
    status.next_try_at_ms = record.reported->next_try_at_ms;
    status.hold_until_ms = record.reported->hold_until_ms;
    status.on_backup = record.reported->on_backup;
  }
  return status;
}

std::optional<control::Reason> Supervisor::start_failure(std::int64_t stream) const {
  const auto found = records_.find(stream);
  if (found == records_.end() || found->second.process) return std::nullopt;
  return found->second.failure;
}

asio::awaitable<bool> Supervisor::until(std::function<bool()> done, Duration deadline) {
  const Instant end = Clock::now() + deadline;
  asio::steady_timer timer(io_);
  waiters_.push_back(&timer);
  bool reached = done();
  while (!reached && Clock::now() < end) {
    timer.expires_at(end);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    reached = done();
  }
  waiters_.remove(&timer);
  co_return reached;
}

}  // namespace sluice::manager
