// What people and misfortune do to the processes, and what is promised then.
#include <algorithm>
#include <utility>

#include "sim/household.hpp"

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The contract's 500 ms, and the messages of the simulator.
constexpr Duration kOffWithin = milliseconds{505};
constexpr Duration kOutOfGoodbye = milliseconds{250};
// kHeartbeatLost, a hello that is awaited in vain meanwhile, and the manager's look every 500 ms.
constexpr Duration kStoppedWithin = milliseconds{6100};
// After a stop of some seconds.
constexpr Duration kCatchUp = seconds{3};

}  // namespace

void Household::switch_stream(int stream, bool on) {
  StreamWish& wish = store_.at(stream);
  if (!manager_.alive() || wish.enabled == on) return;
  engine_.note(on ? "switched on" : "switched off", stream);
  wish.enabled = on;
  Slot& slot = slots_[index(stream)];
  slot.switched = engine_.now();
  slot.barren_deaths = 0;
  if (!on) {
    engine_.after(kOffWithin, EventKind::kWatch, stream, static_cast<std::uint64_t>(Watch::kOff),
                  static_cast<std::uint64_t>(engine_.now().time_since_epoch().count()));
    const RelayProcess* process = relay(stream);
    const bool live = process != nullptr && process->machine() != nullptr && !process->stopped() &&
                      (process->machine()->status().state == control::StreamState::kLive ||
                       process->machine()->status().state == control::StreamState::kHolding);
    if (live && platform(stream).healthy())
      engine_.after(kOutOfGoodbye + 2 * platform(stream).line().latency, EventKind::kWatch, stream,
                    static_cast<std::uint64_t>(Watch::kGoodbye),
                    static_cast<std::uint64_t>(engine_.now().time_since_epoch().count()));
  }
  manager_.apply();
}

void Household::change_key(int stream) {
  StreamWish& wish = store_.at(stream);
  if (!manager_.alive() || !wish.enabled) return;
  engine_.note("key changed", stream);
  ++wish.key_version;
  if (process_of(stream) == 0) slots_[index(stream)].barren_deaths = 0;  // a new try at once
  manager_.apply();
}

void Household::change_policy(int stream, const control::HoldPolicy& policy) {
  engine_.note("hold and grace, s", stream, policy.hold_s, policy.stop_grace_s);
  store_.at(stream).policy = policy;
  manager_.tell_policy(stream);
}

void Household::retry_now(int stream) {
  if (!manager_.alive()) return;
  engine_.note("retry now", stream);
  ++slots_[index(stream)].retries;
  if (RelayProcess* process = relay(stream)) process->retry_now();
  manager_.retry_now(stream);
}

void Household::kill_relay(int stream) {
  if (process_of(stream) != 0) kill(stream);
}

void Household::stop_relay(int stream, Duration time) {
  RelayProcess* process = relay(stream);
  if (process == nullptr || process->stopped()) return;
  engine_.note("process is stopped", stream, static_cast<std::int64_t>(process->serial()));
  process->stop();
  excused_until_[index(stream)] = engine_.now() + time + kCatchUp;
  engine_.after(time, EventKind::kFault, stream, process->serial(), 0);
  if (time > kStoppedWithin)
    engine_.after(kStoppedWithin, EventKind::kWatch, stream, static_cast<std::uint64_t>(Watch::kStopped),
                  process->serial());
}

void Household::let_go_on(int stream, std::uint64_t process) {
  if (process_of(stream) != process || !is_stopped(stream)) return;
  engine_.note("process goes on", stream, static_cast<std::int64_t>(process));
  const std::vector<Event> held = std::exchange(held_orders_[index(stream)], {});
  relay(stream)->go_on();
  for (const Event& event : held) {
    if (process_of(stream) == process) deliver(event);
  }
}

void Household::kill_ingest() {
  kill(0);
}

void Household::kill_manager(Duration away) {
  if (!manager_.alive()) return;
  manager_.die();
  engine_.after(away, EventKind::kManagerStart);
}

void Household::on_watch(Watch watch, int stream, std::uint64_t value) {
  if (!manager_.alive() || engine_.now() < engine_.disturbed_until()) return;
  const Instant since = Instant(Duration(static_cast<std::int64_t>(value)));
  const Slot& slot = slots_[index(stream)];
  const bool managed = manager_.alive_since() < since;
  switch (watch) {
    case Watch::kOff:
      if (managed && slot.switched == since && slot.serial != 0)
        fail("off", "switched off, and its process is still there after 500 ms", stream);
      return;
    case Watch::kStopped:
      if (engine_.now() - manager_.alive_since() > kStoppedWithin && slot.serial == value &&
          is_stopped(stream))
        fail("heartbeat", "a process that does not beat was not killed", stream);
      return;
    case Watch::kReplaced:
      if (managed && wish_of(stream).enabled && slot.serial == 0 && slot.died == since &&
          engine_.now() >= spawns_fail_until_)
        fail("respawn", "a dead relay was not replaced", stream);
      return;
    case Watch::kGoodbye:
      if (managed && slot.switched == since && goodbye_at_[index(stream)] < since)
        fail("I8", "switched off without a goodbye to a healthy platform", stream);
      return;
    case Watch::kQuiet:
    case Watch::kHealthy:
      return;  // the world's
  }
}

std::optional<Inheritance> Household::take_inheritance(int stream) {
  return std::exchange(inherited_[index(stream)], std::nullopt);
}

}  // namespace sluice::sim
