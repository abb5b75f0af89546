// A model of the manager process around the real Reconciler: what Supervisor does with sockets and processes.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "control/messages.hpp"
#include "manager/reconcile.hpp"
#include "sim/engine.hpp"

namespace sluice::sim {

enum class Order : std::uint8_t { kConfigure, kPolicy, kUseRing, kLoseRing, kAttach, kDetach, kTerminate };

// What a message of the manager's carries, in Event::what.
constexpr std::uint64_t make_order(Order order, std::uint64_t value) {
  return static_cast<std::uint64_t>(order) | (value << 8U);
}
constexpr Order order_of(std::uint64_t what) {
  return static_cast<Order>(what & 0xFFU);
}
constexpr std::uint64_t value_of(std::uint64_t what) {
  return what >> 8U;
}

struct StreamWish {
  bool enabled = false;
  std::uint64_t key_version = 1;
  control::HoldPolicy policy;  // told to a running relay, which goes on
};
std::string config_hash_of(const StreamWish& wish);
inline constexpr const char* kIngestConfig = "sources";

// The system that the manager runs on: processes, and what can be read of them.
class House {
 public:
  virtual ~House() = default;
  virtual const std::map<int, StreamWish>& store() const = 0;  // outlives managers
  // The process's serial; 0: it could not be started.
  virtual std::uint64_t spawn(int child) = 0;
  virtual void kill(int child) = 0;
  virtual std::uint64_t process_of(int child) const = 0;  // 0: none
  // What it says when greeted; nullopt: it is not ready, and will say it later.
  virtual std::optional<manager::Greeting> greeting_of(int child) const = 0;
  virtual bool is_live(int child) const = 0;  // as it reports behind its hello
  virtual bool is_stopped(int child) const = 0;
  virtual std::optional<Instant> last_beat_of(int child) const = 0;
  virtual void forget_page(int child) = 0;
};

class Manager {
 public:
  Manager(Engine& engine, House& house) : engine_(engine), house_(house) {}

  void start();
  void die();
  bool alive() const { return reconciler_.has_value(); }
  Instant alive_since() const { return alive_since_; }

  // ---- people ----
  void apply();
  void retry_now(int child);
  void tell_policy(int child);

  // ---- children ----
  void on_hello(int child, std::uint64_t process);
  void on_died(int child, std::uint64_t process);
  void on_useful(int child);
  void on_ring(const std::string& name);
  void lose_channel(int child);
  void on_tick(std::uint64_t tick);

 private:
  void greet(int child);
  void step();
  void carry_out(const manager::Action& action);
  void spawn(int child);
  void order(int child, Order order, std::uint64_t value = 0);

  Engine& engine_;
  House& house_;
  std::optional<manager::Reconciler> reconciler_;
  Instant alive_since_{};
  std::string ring_;  // of the one source; the manager keeps it when the ingest is dead
  std::array<bool, kMaxRelays + 1> has_page_{};
  std::uint64_t tick_ = 0;
  bool stepping_ = false;
  bool step_again_ = false;
};

}  // namespace sluice::sim
