// The processes of one simulated machine: ingest, relays and manager, their births and deaths, and the
// promises about them (I7 for processes, I11, off within 500 ms).
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "sim/ingest.hpp"
#include "sim/manager.hpp"
#include "sim/relay_process.hpp"

namespace sluice::sim {

enum class Watch : std::uint8_t {
  kOff,       // a stream was switched off: no process any more
  kStopped,   // a process was stopped (SIGSTOP): killed by now
  kReplaced,  // a process has died: there is another one
  kGoodbye,   // a healthy stream was switched off: its platform knows
  kQuiet,     // the faults have ceased: everything is live again
  kHealthy,   // now and then: the healthy platforms get what there is
};

class Household final : public House, public HoldRulesOf, private IngestEvents, private RelayEvents {
 public:
  Household(Engine& engine, RingPool& pool);
  void set_batch_bytes(std::size_t bytes) { batch_bytes_ = bytes; }

  void add_platform(std::unique_ptr<Platform> platform);
  Platform& platform(int stream) { return *platforms_[index(stream)]; }
  int streams() const { return streams_; }
  Ingest& ingest() { return ingest_; }
  Manager& manager() { return manager_; }
  RelayProcess* relay(int stream) { return relays_[index(stream)].get(); }

  // ---- people; nothing happens while there is no manager ----
  void switch_stream(int stream, bool on);
  void change_key(int stream);
  void retry_now(int stream);
  void change_policy(int stream, const control::HoldPolicy& policy);
  const StreamWish& wish_of(int stream) const { return store_.at(stream); }

  // ---- misfortune ----
  void kill_relay(int stream);
  void stop_relay(int stream, Duration time);
  void let_go_on(int stream, std::uint64_t process);
  void kill_ingest();
  void kill_manager(Duration away);
  void crash_on_start(int stream, Duration until) { crashing_until_[index(stream)] = engine_.now() + until; }
  void fail_spawns(Duration until) { spawns_fail_until_ = engine_.now() + until; }

  // ---- events ----
  void handle(const Event& event);
  void on_watch(Watch watch, int stream, std::uint64_t value);

  // Where a stream's next session must begin; asked once.
  std::optional<Inheritance> take_inheritance(int stream);
  void on_goodbye(int stream) { goodbye_at_[index(stream)] = engine_.now(); }
  // When its process was last born or died, or people last changed something.
  Instant last_change(int stream) const {
    const Slot& slot = slots_[index(stream)];
    return std::max({slot.started, slot.died, slot.switched});
  }
  // Until then its own process is to blame for delays: it was stopped.
  const Instant& excused_until(int stream) const { return excused_until_[index(stream)]; }
  // When the ingest died last: what it had just written reaches the relays with the next wake-up only.
  const Instant& stranded_until() const { return stranded_until_; }

  HoldRules hold_rules_of(int stream) const override;
  const RelayProcess* relay(int stream) const { return relays_[index(stream)].get(); }
  // When the process last heard of another policy.
  Instant policy_since(int stream) const { return policy_since_[index(stream)]; }

  // ---- House ----
  const std::map<int, StreamWish>& store() const override { return store_; }
  std::uint64_t spawn(int child) override;
  void kill(int child) override;
  std::uint64_t process_of(int child) const override;
  std::optional<manager::Greeting> greeting_of(int child) const override;
  bool is_live(int child) const override;
  bool is_stopped(int child) const override;
  std::optional<Instant> last_beat_of(int child) const override;
  void forget_page(int child) override;

 private:
  struct Slot {
    std::uint64_t serial = 0;  // of the process that lives; 0: none
    Instant ready{};
    Instant started{};
    Instant died{};
    bool asked_to_end = false;
    int barren_deaths = 0;
    std::uint64_t retries = 0;  // changes by people since the last death: the next start may come at once
    Instant switched{};         // by people
    bool useful = false;
  };
  static std::size_t index(int child) { return static_cast<std::size_t>(child); }

  void on_new_ring() override;
  void on_wake(int stream) override;
  void on_relay_exit(int stream) override;
  void on_relay_live(int stream, std::uint64_t serial) override;

  void deliver(const Event& event);
  void bury(int child);  // the process is gone
  void relay_event(const Event& event);
  void check_spawn(int child) const;
  [[noreturn]] void fail(const char* invariant, const std::string& what, int child) const;

  Engine& engine_;
  std::size_t batch_bytes_ = 0;
  Ingest ingest_;
  Manager manager_;
  std::map<int, StreamWish> store_;
  int streams_ = 0;
  std::array<std::unique_ptr<Platform>, kMaxRelays + 1> platforms_;
  std::array<std::unique_ptr<RelayProcess>, kMaxRelays + 1> relays_;
  std::array<Page, kMaxRelays + 1> pages_;
  std::array<Slot, kMaxRelays + 1> slots_;
  std::array<std::optional<Inheritance>, kMaxRelays + 1> inherited_;
  std::array<Instant, kMaxRelays + 1> crashing_until_{};
  std::array<Instant, kMaxRelays + 1> goodbye_at_{};
  std::array<Instant, kMaxRelays + 1> excused_until_{};
  std::array<Instant, kMaxRelays + 1> policy_since_{};
  std::array<std::vector<Event>, kMaxRelays + 1> held_orders_;  // to stopped processes
  std::vector<std::unique_ptr<RelayProcess>> graveyard_;  // a process may die within one of its own calls
  std::vector<RingRef> rings_;                            // by serial
  Instant spawns_fail_until_{};
  Instant stranded_until_{};
  std::uint64_t serials_ = 0;
};

}  // namespace sluice::sim
