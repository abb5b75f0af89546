// Which child is started, configured, ended, killed or replaced. Runs in the manager.
#include "manager/reconcile.hpp"

#include <algorithm>
#include <utility>

#include "control/progress.hpp"

namespace sluice::manager {

using Kind = Action::Kind;

Duration respawn_delay(int count) {
  if (count <= 1) return Duration::zero();
  const int doublings = std::min(count - 2, 5);
  return std::min<Duration>(kFirstRespawnDelay * (1 << doublings), kLastRespawnDelay);
}

void Reconciler::enter(Child& child, Phase phase, Instant now) {
  child.phase = phase;
  child.since = now;
}

Reconciler::Child* Reconciler::find(ChildId child) {
  const auto found = children_.find(child);
  return found == children_.end() ? nullptr : &found->second;
}

const Reconciler::Child* Reconciler::find(ChildId child) const {
  const auto found = children_.find(child);
  return found == children_.end() ? nullptr : &found->second;
}

// ---- desired -------------------------------------------------------------------------------------------

void Reconciler::want(std::map<ChildId, Wish> wishes, Instant now) {
  for (auto& [id, child] : children_) {
    if (!wishes.contains(id)) child.wish.reset();
  }
  for (auto& [id, wish] : wishes) {
    Child& child = children_[id];
    // A new configuration deserves a new try at once.
    if (child.wish && child.wish->config_hash != wish.config_hash && child.phase == Phase::kAbsent) {
      child.barren_deaths = 0;
      child.not_before = now;
    }
    child.wish = std::move(wish);
  }
}

// ---- observed ------------------------------------------------------------------------------------------

void Reconciler::found(ChildId id, Instant now) {
  Child& child = children_[id];
  enter(child, Phase::kStarting, now);
  child.started = now;
  child.adopted = true;
}

void Reconciler::greeted(ChildId id, const Greeting& greeting, Instant now) {
  Child* child = find(id);
  if (child == nullptr || child->phase != Phase::kStarting) return;
  enter(*child, Phase::kRunning, now);
  child->compatible = greeting.compatible;
  child->same_build = greeting.same_build;
  // It lives, so it has not handed over: it has dropped the connection at a word that it did not know, or has
  // given up with the connection.
  child->stays = child->stays || child->handing_over;
  child->handing_over = false;
  child->config_hash = greeting.config_hash;
  child->told_hold.reset();
  child->told_clip.reset();
  child->last_beat = now;
  // What it reads goes on: the ring is the same, and the ingest still wakes it. Only the next ring brings the
  // wake-up of this manager.
  child->ring_id = greeting.ring_id;
  child->attached = child->attached || !greeting.ring_id.empty();
  child->old_wake = child->adopted && child->attached;
  const bool fresh_ingest = id == kIngest && greeting.config_hash.empty();
  if (!fresh_ingest) return;
  for (auto& [other, relay] : children_) {
    relay.attached = false;
    relay.detach_due = false;
  }
  lose_rings();
}

// The ingest that wrote them is gone. Relays would take them for live: nobody has written down their end.
void Reconciler::lose_rings() {
  rings_.clear();
  for (auto& [id, relay] : children_) {
    if (!relay.ring_id.empty() && relay.loss == Child::Loss::kNone) relay.loss = Child::Loss::kDue;
  }
}

void Reconciler::channel_lost(ChildId id, Instant now) {
  Child* child = find(id);
  if (child == nullptr || child->phase != Phase::kRunning) return;
  enter(*child, Phase::kStarting, now);
  child->config_hash.clear();
  child->connect_due = true;
}

void Reconciler::retry_now(ChildId id, Instant now) {
  Child* child = find(id);
  if (child != nullptr && child->phase == Phase::kAbsent)
    child->not_before = std::min(child->not_before, now);
}

void Reconciler::count_death(Child& child, Instant now) {
  const bool fruitful = child.useful || now - child.started >= kSettled;
  child.barren_deaths = fruitful ? 0 : child.barren_deaths + 1;
  child.not_before = now + respawn_delay(child.barren_deaths);
  if (child.wish) ++child.restarts;
}

void Reconciler::spawn_failed(ChildId id, Instant now) {
  Child* child = find(id);
  if (child == nullptr) return;
  child->started = now;
  child->useful = false;
  // Nothing was started: trying again at once would fail the same way.
  child->barren_deaths = std::max(child->barren_deaths, 1);
  count_death(*child, now);
  enter(*child, Phase::kAbsent, now);
}

void Reconciler::ended(ChildId id, Instant now) {
  Child* child = find(id);
  if (child == nullptr) return;
  if (child->asked_to_end || child->handing_over) {
    child->not_before = now;
    child->barren_deaths = 0;
  } else {
    count_death(*child, now);
  }
  child->detach_due = child->detach_due || child->attached;
  child->attached = false;
  child->old_wake = false;
  child->asked_to_end = false;
  child->handing_over = false;
  child->stays = false;
  child->holding.reset();
  child->same_build = true;
  child->killed = false;
  child->connect_due = false;
  child->useful = false;
  child->compatible = true;
  child->config_hash.clear();
  child->ring_id.clear();
  child->told_hold.reset();
  child->told_clip.reset();
  child->loss = Child::Loss::kNone;
  enter(*child, Phase::kAbsent, now);
  if (id == kIngest) lose_rings();
}

void Reconciler::did_useful_work(ChildId id) {
  if (Child* child = find(id)) child->useful = true;
}

void Reconciler::heartbeat(ChildId id, Instant beat) {
  if (Child* child = find(id)) child->last_beat = std::max(child->last_beat, beat);
}

void Reconciler::holds(ChildId id, bool holding) {
  if (Child* child = find(id)) child->holding = holding;
}

void Reconciler::publishing(bool anyone, Instant now) {
  if (std::exchange(anyone_publishes_, anyone) && !anyone) idle_since_ = now;
}

void Reconciler::ring_is(std::int64_t source, const std::string& ring_id) {
  rings_[source] = ring_id;
}

// ---- decided -------------------------------------------------------------------------------------------

std::vector<Action> Reconciler::step(Instant now) {
  std::vector<Action> actions;
  // The ingest's id is the smallest: its sources are set before readers are attached to them.
  for (auto entry = children_.begin(); entry != children_.end();) {
    auto& [id, child] = *entry;
    step_child(id, child, now, actions);
    const bool forgotten = !child.wish && child.phase == Phase::kAbsent;
    if (forgotten) actions.push_back({Kind::kForget, id});
    entry = forgotten ? children_.erase(entry) : std::next(entry);
  }
  hand_over(now, actions);
  return actions;
}

void Reconciler::step_child(ChildId id, Child& child, Instant now, std::vector<Action>& actions) {
  if (child.detach_due) {
    if (phase(kIngest) == Phase::kRunning) actions.push_back({Kind::kDetach, id});
    child.detach_due = false;
  }
  switch (child.phase) {
    case Phase::kAbsent:
      if (!child.wish || now < child.not_before) return;
      enter(child, Phase::kStarting, now);
      child.started = now;
      child.adopted = false;
      actions.push_back({Kind::kSpawn, id});
      return;
    case Phase::kStarting:
      if (std::exchange(child.connect_due, false)) actions.push_back({Kind::kConnect, id});
      if (!child.wish) {
        child.asked_to_end = true;
        enter(child, Phase::kEnding, now);
        actions.push_back({Kind::kTerminate, id});
      } else if (now - child.since >= kHelloDeadline) {
        child.killed = true;
        enter(child, Phase::kEnding, now);
        actions.push_back({Kind::kKill, id});
      }
      return;
    case Phase::kRunning:
      step_running(id, child, now, actions);
      return;
    case Phase::kEnding:
      if (child.killed || now - child.since < kEndDeadline) return;
      child.killed = true;
      actions.push_back({Kind::kKill, id});
      return;
  }
}

void Reconciler::step_running(ChildId id, Child& child, Instant now, std::vector<Action>& actions) {
  const bool relay = id != kIngest;
  const bool configured = !child.config_hash.empty();
  const bool outdated = child.wish && configured && child.config_hash != child.wish->config_hash;
  // The ingest takes new sources while it runs; a relay carries one configuration and is replaced.
  const bool upgrade = !relay && ingest_is_to_be_replaced(child, now);
  if (!child.wish || !child.compatible || (relay && outdated) || upgrade) {
    // One of ours that does not speak our protocol has failed: its successors wait as after a death.
    child.asked_to_end = !child.wish || child.compatible || child.adopted;
    enter(child, Phase::kEnding, now);
    actions.push_back({Kind::kTerminate, id});
    return;
  }
  if (relay && configured && now - child.last_beat >= control::kHeartbeatLost) {
    child.killed = true;
    enter(child, Phase::kEnding, now);
    actions.push_back({Kind::kKill, id});
    return;
  }
  if (!configured || outdated) {
    child.config_hash = child.wish->config_hash;
    child.last_beat = now;
    actions.push_back({Kind::kConfigure, id});
  }
  if (!relay) return;
  if (child.told_hold != child.wish->hold) {
    child.told_hold = child.wish->hold;
    actions.push_back({Kind::kTellHold, id});
  }
  if (child.wish->clip && child.told_clip != child.wish->clip) {
    child.told_clip = child.wish->clip;
    actions.push_back({Kind::kTellClip, id});
  }
  feed(id, child, actions);
}

void Reconciler::feed(ChildId id, Child& child, std::vector<Action>& actions) {
  const auto ring = rings_.find(child.wish->source);
  const bool new_ring = ring != rings_.end() && !ring->second.empty() && ring->second != child.ring_id;
  if ((!child.attached || (new_ring && child.old_wake)) && phase(kIngest) == Phase::kRunning) {
    child.attached = true;
    child.old_wake = false;
    actions.push_back({Kind::kAttach, id});
  }
  if (!new_ring) {
    if (child.loss == Child::Loss::kDue) {
      child.loss = Child::Loss::kTold;
      actions.push_back({Kind::kLoseRing, id});
    }
    return;
  }
  child.loss = Child::Loss::kNone;
  child.ring_id = ring->second;
  actions.push_back({Kind::kUseRing, id});
}

// ---- upgrades ------------------------------------------------------------------------------------------

// OBS would be cut. Its next call waits in the backlog: the manager holds the listener.
bool Reconciler::ingest_is_to_be_replaced(const Child& ingest, Instant now) const {
  return ingest.adopted && !ingest.same_build && !anyone_publishes_ &&
         now - std::max(ingest.since, idle_since_) >= kIngestIdle;
}

void Reconciler::hand_over(Instant now, std::vector<Action>& actions) {
  if (turn_ && !turn_is_over(now)) return;
  turn_.reset();
  for (auto& [id, child] : children_) {
    if (!may_hand_over(id, child)) continue;
    child.handing_over = true;
    turn_ = {id, now + kHandOverPatience};
    actions.push_back({Kind::kHandOver, id});
    return;
  }
}

bool Reconciler::may_hand_over(ChildId id, const Child& relay) const {
  // Only what another manager has started: were the programs beside this one of another build, replacing them
  // would never end.
  const bool old = id != kIngest && relay.adopted && !relay.same_build && !relay.stays && !relay.handing_over;
  // A relay that holds has no key frame to do it at: the platform would see another break in the break.
  if (!old || !settled(id) || relay.holding != false) return false;
  // The successor goes on in the same ring, so it must be at hand.
  const auto ring = rings_.find(relay.wish->source);
  return relay.ring_id.empty() || (ring != rings_.end() && ring->second == relay.ring_id);
}

bool Reconciler::turn_is_over(Instant now) {
  Child* child = find(turn_->relay);
  if (child == nullptr || !child->wish || child->stays) return true;
  if (child->adopted) {
    child->stays = now >= turn_->until;
    return child->stays;
  }
  if (child->phase != Phase::kRunning) return false;
  // One that has died before any media must show that it can do better.
  return child->useful || (child->barren_deaths == 0 && now - child->since >= kSuccessorPatience);
}

std::optional<Instant> Reconciler::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [id, child] : children_) {
    switch (child.phase) {
      case Phase::kAbsent:
        if (child.wish) consider(child.not_before);
        break;
      case Phase::kStarting:
        consider(child.since + kHelloDeadline);
        break;
      case Phase::kRunning:
        if (id != kIngest) consider(child.last_beat + control::kHeartbeatLost);
        if (id == kIngest && child.adopted && !child.same_build && !anyone_publishes_)
          consider(std::max(child.since, idle_since_) + kIngestIdle);
        if (turn_ && turn_->relay == id && child.barren_deaths == 0)
          consider(child.adopted ? turn_->until : child.since + kSuccessorPatience);
        break;
      case Phase::kEnding:
        if (!child.killed) consider(child.since + kEndDeadline);
        break;
    }
  }
  return next;
}

Phase Reconciler::phase(ChildId id) const {
  const Child* child = find(id);
  return child == nullptr ? Phase::kAbsent : child->phase;
}

bool Reconciler::settled(ChildId id) const {
  const Child* child = find(id);
  return child != nullptr && child->wish && child->phase == Phase::kRunning &&
         child->config_hash == child->wish->config_hash;
}

bool Reconciler::asked_to_end(ChildId id) const {
  const Child* child = find(id);
  return child != nullptr && (child->asked_to_end || child->handing_over);
}

std::optional<Instant> Reconciler::respawn_at(ChildId id) const {
  const Child* child = find(id);
  if (child == nullptr || !child->wish || child->phase != Phase::kAbsent) return std::nullopt;
  return child->not_before;
}

int Reconciler::restarts(ChildId id) const {
  const Child* child = find(id);
  return child == nullptr ? 0 : child->restarts;
}

bool Reconciler::any_child() const {
  return std::ranges::any_of(children_,
                             [](const auto& entry) { return entry.second.phase != Phase::kAbsent; });
}

}  // namespace sluice::manager
