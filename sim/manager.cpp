// See the header.
#include "sim/manager.hpp"

#include <algorithm>
#include <utility>

namespace sluice::sim {
namespace {

using manager::Action;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kSource = 1;
constexpr Duration kWatchEvery = milliseconds{500};  // as Supervisor's

// The same for all: a channel keeps its messages in order.
constexpr Duration kMessageTime = microseconds{300};

}  // namespace

std::string config_hash_of(const StreamWish& wish) {
  return "k" + std::to_string(wish.key_version);
}

void Manager::start() {
  reconciler_.emplace();
  alive_since_ = engine_.now();
  ring_.clear();
  has_page_.fill(false);
  engine_.note("manager starts");
  for (int child = 0; child <= kMaxRelays; ++child) {
    if (house_.process_of(child) == 0) continue;
    if (house_.is_stopped(child)) {  // says no hello
      house_.kill(child);
      continue;
    }
    reconciler_->found(child, engine_.now());
    greet(child);
  }
  apply();
}

void Manager::die() {
  engine_.note("manager dies");
  reconciler_.reset();
}

void Manager::apply() {
  if (!alive()) return;
  std::map<manager::ChildId, manager::Wish> wishes;
  wishes[manager::kIngest] = {kIngestConfig, 0};
  for (const auto& [stream, wish] : house_.store()) {
    if (wish.enabled) wishes[stream] = {config_hash_of(wish), kSource};
  }
  reconciler_->want(std::move(wishes), engine_.now());
  step();
}

void Manager::retry_now(int child) {
  if (!alive()) return;
  reconciler_->retry_now(child, engine_.now());
  step();
}

void Manager::tell_policy(int child) {
  if (alive() && house_.process_of(child) != 0) order(child, Order::kPolicy);
}

void Manager::on_hello(int child, std::uint64_t process) {
  if (!alive() || process == 0 || house_.process_of(child) != process || house_.is_stopped(child)) return;
  greet(child);
  step();
}

void Manager::greet(int child) {
  const auto greeting = house_.greeting_of(child);
  if (!greeting) return;
  if (child != 0 && !greeting->config_hash.empty()) {
    has_page_[static_cast<std::size_t>(child)] = true;
    order(child, Order::kPolicy);
  }
  reconciler_->greeted(child, *greeting, engine_.now());
  if (house_.is_live(child)) reconciler_->did_useful_work(child);
  if (child == 0 && !greeting->ring_id.empty()) {
    ring_ = greeting->ring_id;
    reconciler_->ring_is(kSource, ring_);
  }
}

void Manager::on_died(int child, std::uint64_t process) {
  // A newer process of the child is not what has died.
  const std::uint64_t now = house_.process_of(child);
  if (!alive() || (now != 0 && now != process)) return;
  if (reconciler_->phase(child) == manager::Phase::kAbsent) return;
  reconciler_->ended(child, engine_.now());
  step();
}

void Manager::on_useful(int child) {
  if (alive()) reconciler_->did_useful_work(child);
}

void Manager::on_ring(const std::string& name) {
  if (!alive()) return;
  ring_ = name;
  reconciler_->ring_is(kSource, name);
  step();
}

void Manager::lose_channel(int child) {
  if (!alive() || house_.process_of(child) == 0) return;
  engine_.note("channel lost", child);
  reconciler_->channel_lost(child, engine_.now());
  step();
}

void Manager::on_tick(std::uint64_t tick) {
  if (alive() && tick == tick_) step();
}

void Manager::step() {
  if (std::exchange(stepping_, true)) {
    step_again_ = true;
    return;
  }
  do {
    step_again_ = false;
    for (int child = 1; child <= kMaxRelays; ++child) {
      const auto beat = house_.last_beat_of(child);
      if (beat && has_page_[static_cast<std::size_t>(child)]) reconciler_->heartbeat(child, *beat);
    }
    for (const Action& action : reconciler_->step(engine_.now())) carry_out(action);
  } while (step_again_);
  stepping_ = false;
  ++tick_;
  if (const auto deadline = reconciler_->next_deadline())
    engine_.at(std::min(*deadline, engine_.now() + kWatchEvery), EventKind::kManagerTick, 0, tick_);
}

void Manager::spawn(int child) {
  const std::uint64_t process = house_.spawn(child);
  if (process == 0) {
    reconciler_->spawn_failed(child, engine_.now());
    step_again_ = true;
  }
}

void Manager::order(int child, Order order, std::uint64_t value) {
  engine_.after(kMessageTime, EventKind::kOrder, child, house_.process_of(child), make_order(order, value));
}

void Manager::carry_out(const Action& action) {
  const int child = static_cast<int>(action.child);
  switch (action.kind) {
    case Action::Kind::kSpawn:
      return spawn(child);
    case Action::Kind::kConnect:
      engine_.after(kMessageTime, EventKind::kHello, child, house_.process_of(child));
      return;
    case Action::Kind::kConfigure: {
      if (child == 0) return order(0, Order::kConfigure);
      auto& has_page = has_page_[static_cast<std::size_t>(child)];
      if (!has_page) house_.forget_page(child);
      has_page = true;
      order(child, Order::kConfigure, house_.store().at(child).key_version);
      return order(child, Order::kPolicy);
    }
    case Action::Kind::kTellHold:  // all streams hold alike
    case Action::Kind::kTellClip:  // and have no clip
      return;
    case Action::Kind::kUseRing:
      return order(child, Order::kUseRing, std::stoull(ring_));
    case Action::Kind::kLoseRing:
      return order(child, Order::kLoseRing);
    case Action::Kind::kAttach:
      return order(0, Order::kAttach, static_cast<std::uint64_t>(child));
    case Action::Kind::kDetach:
      return order(0, Order::kDetach, static_cast<std::uint64_t>(child));
    case Action::Kind::kHandOver:  // there is one build only
      return;
    case Action::Kind::kTerminate:
      return order(child, Order::kTerminate);
    case Action::Kind::kKill:
      engine_.note("manager kills", child);
      return house_.kill(child);
    case Action::Kind::kForget:
      has_page_[static_cast<std::size_t>(child)] = false;
      if (child != 0) house_.forget_page(child);
      return;
  }
}

}  // namespace sluice::sim
