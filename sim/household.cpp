// Births, deaths and orders. What people do and what is promised about it: household_people.cpp.
#include "sim/household.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kHeartbeatEvery = control::kHeartbeatEvery;
constexpr Duration kDeathNotice = milliseconds{1};
// The manager's look every 500 ms.
constexpr Duration kReplacedWithin = milliseconds{600};

// The schedule of starts after deaths, written down a second time.
Duration respawn_wait(int barren_deaths) {
  if (barren_deaths < 2) return Duration::zero();
  return std::min<Duration>(seconds{1} * (1 << std::min(barren_deaths - 2, 5)), seconds{30});
}

}  // namespace

Household::Household(Engine& engine, RingPool& pool)
    : engine_(engine), ingest_(engine, pool, *this), manager_(engine, *this) {
  rings_.resize(1);
}

void Household::add_platform(std::unique_ptr<Platform> platform) {
  ++streams_;
  SLUICE_CHECK(platform->stream() == streams_ && streams_ <= kMaxRelays);
  store_[streams_] = {};
  platforms_[index(streams_)] = std::move(platform);
}

void Household::fail(const char* invariant, const std::string& what, int child) const {
  engine_.fail(invariant, "child " + std::to_string(child) + ": " + what);
}

// ---- House --------------------------------------------------------------------------------------------

std::uint64_t Household::process_of(int child) const {
  return slots_[index(child)].serial;
}

// Not before the schedule.
void Household::check_spawn(int child) const {
  const Slot& slot = slots_[index(child)];
  if (slot.serial != 0) fail("I11", "a second process is started", child);
  if (slot.retries > 0) return;
  if (engine_.now() - slot.died < respawn_wait(slot.barren_deaths))
    fail("I7", "started again too soon after its death", child);
}

std::uint64_t Household::spawn(int child) {
  check_spawn(child);
  Slot& slot = slots_[index(child)];
  const bool fails = engine_.now() < spawns_fail_until_;
  engine_.note(fails ? "no process can be started" : "process starts", child,
               static_cast<std::int64_t>(serials_ + 1));
  if (fails) {
    slot.died = engine_.now();
    slot.barren_deaths = std::max(slot.barren_deaths, 1) + 1;
    slot.retries = 0;
    return 0;
  }
  slot.serial = child == 0 ? ingest_.spawn() : ++serials_;
  slot.started = engine_.now();
  slot.ready = engine_.now() + engine_.random().between(milliseconds{2}, milliseconds{40});
  slot.asked_to_end = slot.useful = false;
  engine_.at(slot.ready, EventKind::kHello, child, slot.serial);
  if (child == 0) return slot.serial;
  relays_[index(child)] =
      std::make_unique<RelayProcess>(engine_, static_cast<RelayEvents&>(*this), platform(child), slot.serial);
  engine_.after(kHeartbeatEvery, EventKind::kHeartbeat, child, slot.serial);
  if (engine_.now() < crashing_until_[index(child)])
    engine_.after(engine_.random().between(milliseconds{10}, milliseconds{1500}), EventKind::kCrash, child,
                  slot.serial);
  return slot.serial;
}

void Household::kill(int child) {
  if (slots_[index(child)].serial == 0) return;
  engine_.note("process is killed", child, static_cast<std::int64_t>(slots_[index(child)].serial));
  if (child != 0) {
    // A socket with unread bytes is reset, any other is closed after what is in it.
    const Inheritance inheritance = relay(child)->die(engine_.random().chance(0.3));
    if (!slots_[index(child)].asked_to_end) inherited_[index(child)] = inheritance;
  }
  if (child == 0) ingest_.die();
  bury(child);
}

void Household::bury(int child) {
  Slot& slot = slots_[index(child)];
  const bool fruitful = slot.useful || engine_.now() - slot.started >= manager::kSettled;
  slot.barren_deaths = slot.asked_to_end || fruitful ? 0 : slot.barren_deaths + 1;
  slot.retries = 0;
  slot.died = engine_.now();
  engine_.after(kDeathNotice, EventKind::kChildDied, child, slot.serial);
  if (child == 0) stranded_until_ = engine_.now();
  if (child != 0 && !slot.asked_to_end) {
    engine_.after(respawn_wait(slot.barren_deaths) + kReplacedWithin, EventKind::kWatch, child,
                  static_cast<std::uint64_t>(Watch::kReplaced),
                  static_cast<std::uint64_t>(engine_.now().time_since_epoch().count()));
  }
  slot.serial = 0;
  held_orders_[index(child)].clear();
  if (child != 0) graveyard_.push_back(std::move(relays_[index(child)]));
}

std::optional<manager::Greeting> Household::greeting_of(int child) const {
  const Slot& slot = slots_[index(child)];
  if (slot.serial == 0 || engine_.now() < slot.ready) return std::nullopt;
  manager::Greeting greeting;
  if (child == 0) {
    greeting.config_hash = ingest_.listening() ? kIngestConfig : "";
    greeting.ring_id = ingest_.ring().name();
  } else {
    greeting.config_hash = relays_[index(child)]->config_hash();
    greeting.ring_id = relays_[index(child)]->ring_name();
  }
  return greeting;
}

bool Household::is_live(int child) const {
  if (child == 0) return ingest_.ring().serial != 0;
  const relay::Machine* machine = relays_[index(child)] ? relays_[index(child)]->machine() : nullptr;
  return machine != nullptr && machine->status().state == control::StreamState::kLive;
}

bool Household::is_stopped(int child) const {
  return child != 0 && relays_[index(child)] && relays_[index(child)]->stopped();
}

std::optional<Instant> Household::last_beat_of(int child) const {
  return pages_[index(child)].last_beat;
}

void Household::forget_page(int child) {
  pages_[index(child)] = {};
  inherited_[index(child)].reset();
}

// ---- events -------------------------------------------------------------------------------------------

void Household::handle(const Event& event) {
  graveyard_.clear();
  const int child = event.child;
  switch (event.kind) {
    case EventKind::kHello:
      return manager_.on_hello(child, event.serial);
    case EventKind::kOrder:
      if (event.serial == process_of(child) && event.serial != 0) deliver(event);
      return;
    case EventKind::kChildDied:
      return manager_.on_died(child, event.serial);
    case EventKind::kManagerTick:
      return manager_.on_tick(event.serial);
    case EventKind::kManagerStart:
      // What a new manager cannot know: how often and how early its children have died before.
      for (int id = 0; id <= kMaxRelays; ++id) {
        Slot& slot = slots_[index(id)];
        slot.barren_deaths = 0;
        if (is_stopped(id)) slot.asked_to_end = true;  // it will be killed, and its end counts for nothing
        slot.useful = is_live(id);
        slot.started = engine_.now();
      }
      // Nobody has told the relays of a ring that was made meanwhile.
      for (int stream = 1; stream <= streams_; ++stream) {
        Instant& excused_until = excused_until_[index(stream)];
        const RelayProcess* process = relay(stream);
        const bool unaware = process != nullptr && process->ring_name() != ingest_.ring().name();
        if (unaware || excused_until == Instant::max()) excused_until = engine_.now() + seconds{3};
      }
      return manager_.start();
    case EventKind::kCrash:
      if (event.serial == process_of(child)) kill(child);
      return;
    case EventKind::kAudioDue:
      return ingest_.audio_due(event.serial);
    default:
      return relay_event(event);
  }
}

void Household::relay_event(const Event& event) {
  const int stream = event.child;
  RelayProcess* process = relay(stream);
  switch (event.kind) {
    case EventKind::kArrive:
      platform(stream).on_arrive(event.serial);
      if (process != nullptr && !process->stopped()) process->on_writable(event.serial);
      return;
    case EventKind::kPlatformTick:
      return platform(stream).on_tick(event.serial);
    case EventKind::kHangUp:
      platform(stream).on_hang_up(event.serial);
      if (process != nullptr && !process->stopped()) process->on_hang_up(event.serial);
      return;
    case EventKind::kReply:
      if (process != nullptr && !process->stopped()) process->on_replies(event.serial);
      return;
    default:
      break;
  }
  if (process == nullptr || process->serial() != event.serial) return;
  if (event.kind == EventKind::kConnectDone) process->on_connect_done(event.what);
  if (event.kind == EventKind::kTimer && !process->stopped()) process->on_timer(event.what);
  if (event.kind == EventKind::kHeartbeat) {
    if (!process->stopped()) process->on_heartbeat();
    engine_.after(kHeartbeatEvery, EventKind::kHeartbeat, stream, event.serial);
  }
}

void Household::deliver(const Event& event) {
  const int child = event.child;
  if (order_of(event.what) == Order::kTerminate) slots_[index(child)].asked_to_end = true;
  if (is_stopped(child)) {
    held_orders_[index(child)].push_back(event);
    return;
  }
  const std::uint64_t value = value_of(event.what);
  switch (order_of(event.what)) {
    case Order::kConfigure:
      if (child == 0) return ingest_.configured();
      return relay(child)->configure(config_hash_of({true, value, {}}), key_of(child, value),
                                     pages_[index(child)], batch_bytes_);
    case Order::kPolicy:
      policy_since_[index(child)] = engine_.now();
      return relay(child)->set_policy(store_.at(child).policy);
    case Order::kUseRing:
      return relay(child)->use_ring(rings_.at(value), ingest_.facts_of(static_cast<std::uint32_t>(value)));
    case Order::kLoseRing:
      return relay(child)->lose_ring();
    case Order::kAttach:
      return ingest_.attach(static_cast<int>(value));
    case Order::kDetach:
      return ingest_.detach(static_cast<int>(value));
    case Order::kTerminate:
      return child == 0 ? kill(0) : relay(child)->end();
  }
}

void Household::on_new_ring() {
  const RingRef& ring = ingest_.ring();
  if (!manager_.alive() && rings_.size() <= ring.serial)
    std::ranges::fill(excused_until_, Instant::max());  // until a manager tells of it
  if (rings_.size() <= ring.serial) rings_.resize(ring.serial + 1);
  rings_[ring.serial] = ring;
  slots_[0].useful = true;
  manager_.on_useful(0);
  manager_.on_ring(ring.name());
}

HoldRules Household::hold_rules_of(int stream) const {
  const RelayProcess* process = relay(stream);
  if (process == nullptr) return {};
  return {process->ring_facts(), process->policy().hold_s, policy_since_[index(stream)]};
}

void Household::on_wake(int stream) {
  if (RelayProcess* process = relay(stream)) process->on_wake();
}

void Household::on_relay_exit(int stream) {
  engine_.note("process ends", stream);
  if (!slots_[index(stream)].asked_to_end) fail("I8", "a relay ended by itself", stream);
  static_cast<void>(relay(stream)->die(false));
  inherited_[index(stream)].reset();
  bury(stream);
}

void Household::on_relay_live(int stream, std::uint64_t serial) {
  engine_.note("relay is live", stream, static_cast<std::int64_t>(serial));
  slots_[index(stream)].useful = true;
  manager_.on_useful(stream);
}

}  // namespace sluice::sim
