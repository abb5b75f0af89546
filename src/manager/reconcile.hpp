// The one place that decides which child process is started, configured, ended, killed or replaced: desired
// and observed state and the time in, actions out. Sans-I/O; runs in the manager.
//
// A child is a relay (its stream's id) or the ingest (kIngest). The life of one:
//
//   absent --spawn--> starting --hello--> running --terminate--> ending --gone--> absent
//                         ^ adopted, or its channel was lost        `--kill (300 ms later)
//
// Upgrades: a relay that another manager has started from another build carries on as it is wanted, but is
// asked to hand its stream over to one of this build. One relay at a time: a new build that does not get its
// stream live again must not take the others down with it.
//
// step() assumes that its actions are carried out; what fails comes back as an event (ended, spawn_failed).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "control/messages.hpp"

namespace sluice::manager {

using ChildId = std::int64_t;
inline constexpr ChildId kIngest = 0;
// A relay process that carries several streams is a child too, but none that is reconciled: its streams are.
constexpr ChildId pack_child(std::int64_t number) {
  return -number;
}
constexpr std::int64_t pack_number(ChildId pack) {
  return -pack;
}

// A child that has not said hello by then is stuck.
inline constexpr Duration kHelloDeadline = std::chrono::seconds{2};
// A goodbye may take 200 ms; off must be done within 500 ms.
inline constexpr Duration kEndDeadline = std::chrono::milliseconds{300};
// A child that has run this long has done useful work, even without media.
inline constexpr Duration kSettled = std::chrono::seconds{10};
// A relay that was asked to hand over needs 15 s for a key frame and 6 s to leave (relay/machine.hpp). One
// that has not left by then is left alone: no stream is cut for an upgrade.
inline constexpr Duration kHandOverPatience = std::chrono::seconds{25};
// The next relay's turn comes when the successor is live, or has run this long without a reason to be.
inline constexpr Duration kSuccessorPatience = std::chrono::seconds{10};
// An ingest of another build is replaced when nobody has published for this long.
inline constexpr Duration kIngestIdle = std::chrono::seconds{10};
inline constexpr Duration kFirstRespawnDelay = std::chrono::seconds{1};
inline constexpr Duration kLastRespawnDelay = std::chrono::seconds{30};

// How long after the `count`-th death in a row before any useful work the next start waits: 0, 1, 2, 4 … 30
// s.
Duration respawn_delay(int count);

struct Wish {
  std::string config_hash;
  std::int64_t source = 0;        // relays: where their media comes from
  control::HoldPolicy hold = {};  // relays: no part of the configuration, so that a change interrupts nothing
  std::optional<std::string> clip =
      {};  // relays: which one to show in a hold; "": none; nullopt: not known yet
};

enum class Phase : std::uint8_t { kAbsent, kStarting, kRunning, kEnding };

struct Action {
  enum class Kind : std::uint8_t {
    kSpawn,
    kConnect,    // to its control socket again: the channel was lost
    kConfigure,  // relay: ConfigureRelay, once per process; ingest: listener and sources, any number of times
    kTellHold,   // relay: how to treat a source that is away
    kTellClip,   // relay: what to show meanwhile
    kUseRing,    // relay: give it the present ring of its source
    kLoseRing,   // relay: tell it that its ring's writer is gone
    kAttach,     // ingest: wake this relay
    kDetach,     // ingest: wake it no more
    kHandOver,   // relay: leave the stream to a successor at a key frame
    kTerminate,  // SIGTERM
    kKill,       // SIGKILL
    kForget,     // nothing wants it and its process is gone: drop what was kept for it
  };
  Kind kind;
  ChildId child;
  friend bool operator==(const Action&, const Action&) = default;
};

// What a child says when a manager connects.
struct Greeting {
  bool compatible = true;   // same protocol
  std::string config_hash;  // empty: not configured
  std::string ring_id;      // relay: the ring it reads; empty: none
  bool same_build = true;
};

class Reconciler {
 public:
  // ---- desired -------------------------------------------------------------------------------------
  // Everything that is to run; what is not in it is to end.
  void want(std::map<ChildId, Wish> wishes, Instant now);

  // ---- observed ------------------------------------------------------------------------------------
  // A child of a previous manager; it is connected and its hello is awaited.
  void found(ChildId child, Instant now);
  void greeted(ChildId child, const Greeting& greeting, Instant now);
  void channel_lost(ChildId child, Instant now);
  void spawn_failed(ChildId child, Instant now);
  void ended(ChildId child, Instant now);
  void did_useful_work(ChildId child);  // media has flowed
  void heartbeat(ChildId child, Instant beat);
  // Relay: its state is known now, and whether it keeps its platform's session open for a source that is
  // away.
  void holds(ChildId child, bool holding);
  // Whether any source is publishing.
  void publishing(bool anyone, Instant now);
  // A person does not want to wait for the next start.
  void retry_now(ChildId child, Instant now);
  // The ring that carries a source now; empty: none.
  void ring_is(std::int64_t source, const std::string& ring_id);

  // ---- decided -------------------------------------------------------------------------------------
  std::vector<Action> step(Instant now);
  // When step() may have something to do without a new event.
  std::optional<Instant> next_deadline() const;

  Phase phase(ChildId child) const;
  // Runs with the wished configuration.
  bool settled(ChildId child) const;
  // Its end, when it comes, was wanted.
  bool asked_to_end(ChildId child) const;
  // A start is being waited for after a death.
  std::optional<Instant> respawn_at(ChildId child) const;
  int restarts(ChildId child) const;
  bool any_child() const;

 private:
  struct Child {
    std::optional<Wish> wish;
    Phase phase = Phase::kAbsent;
    Instant since{};       // of the phase
    Instant started{};     // of the process, or of its adoption
    bool adopted = false;  // started by another manager
    bool compatible = true;
    bool same_build = true;
    bool handing_over = false;    // it was asked to; its end is no death
    bool stays = false;           // it cannot hand over, or did not
    std::optional<bool> holding;  // nullopt: it has not told its state yet
    std::string config_hash;      // what it runs with
    std::string ring_id;          // what it was given
    bool attached = false;        // to the ingest that runs now
    bool old_wake = false;        // relay and ingest share the wake-up that another manager has given them
    bool detach_due = false;
    std::optional<control::HoldPolicy> told_hold;  // relay: over this connection
    std::optional<std::string> told_clip;          // likewise
    // Relay: its ring's writer is gone, and whether it has been told.
    enum class Loss : std::uint8_t { kNone, kDue, kTold } loss = Loss::kNone;
    bool connect_due = false;
    bool useful = false;
    bool asked_to_end = false;  // its end is no death
    bool killed = false;
    Instant last_beat{};
    int barren_deaths = 0;
    Instant not_before{};
    int restarts = 0;
  };

  void step_child(ChildId id, Child& child, Instant now, std::vector<Action>& actions);
  void step_running(ChildId id, Child& child, Instant now, std::vector<Action>& actions);
  void feed(ChildId id, Child& child, std::vector<Action>& actions);
  void lose_rings();
  bool ingest_is_to_be_replaced(const Child& ingest, Instant now) const;
  void hand_over(Instant now, std::vector<Action>& actions);
  bool may_hand_over(ChildId id, const Child& relay) const;
  bool turn_is_over(Instant now);
  void count_death(Child& child, Instant now);
  Child* find(ChildId child);
  const Child* find(ChildId child) const;
  static void enter(Child& child, Phase phase, Instant now);

  std::map<ChildId, Child> children_;
  std::map<std::int64_t, std::string> rings_;
  bool anyone_publishes_ = false;
  Instant idle_since_{};  // nobody publishes
  struct Turn {
    ChildId relay;
    Instant until;
  };
  std::optional<Turn> turn_;  // the relay that is being replaced by one of this build
};

}  // namespace sluice::manager
