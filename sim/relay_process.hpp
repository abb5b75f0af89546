// One relay process: the real Machine, driven as StreamDriver drives it, with its life and death.
#pragma once

#include <memory>
#include <optional>

#include "control/progress.hpp"
#include "relay/machine.hpp"
#include "sim/engine.hpp"
#include "sim/platform.hpp"
#include "sim/relay_check.hpp"
#include "sim/ring_memory.hpp"

namespace sluice::sim {

// The progress page: outlives the process.
struct Page {
  std::optional<control::Progress> position;
  Instant last_beat{};
};

class RelayEvents {
 public:
  virtual ~RelayEvents() = default;
  virtual void on_relay_exit(int stream) = 0;  // by itself, in good order
  virtual void on_relay_live(int stream, std::uint64_t serial) = 0;
};

class RelayProcess {
 public:
  RelayProcess(Engine& engine, RelayEvents& events, Platform& platform, std::uint64_t serial)
      : engine_(engine), events_(events), platform_(platform), serial_(serial), started_(engine.now()) {}

  std::uint64_t serial() const { return serial_; }
  Instant started() const { return started_; }
  bool was_live() const { return was_live_; }
  const std::string& config_hash() const { return config_hash_; }
  const std::string& ring_name() const { return ring_name_; }
  bool stopped() const { return stopped_; }
  const relay::Machine* machine() const { return machine_ ? &*machine_ : nullptr; }

  // ---- orders ----
  // `key` is the stream's. The page is taken over from a predecessor.
  void configure(const std::string& config_hash, const std::string& key, Page& page, std::size_t batch_bytes);
  // `facts` outlive the process.
  void use_ring(const RingRef& ring, const RingFacts& facts);
  void set_policy(const control::HoldPolicy& policy);
  void lose_ring();
  // When the show is to be ended, with what is known now; nullopt: never.
  std::optional<Instant> show_ends_at() const;
  // And when at the earliest: a relay that its platform keeps waiting knows less.
  std::optional<Instant> show_may_end_at() const;
  // There was a session, and nothing has ended its show.
  bool in_show() const { return in_show_; }
  const control::HoldPolicy& policy() const { return policy_; }  // as it was told
  const RingFacts* ring_facts() const { return facts_; }
  bool ring_is_lost() const { return ring_lost_; }
  void retry_now();
  void end();  // SIGTERM

  // ---- what happens ----
  void on_wake();
  void on_connect_done(std::uint64_t attempt);
  void on_replies(std::uint64_t connection);
  void on_writable(std::uint64_t connection);
  void on_hang_up(std::uint64_t connection);
  void on_timer(std::uint64_t armed);
  void on_heartbeat();

  // ---- the process ----
  void stop();  // SIGSTOP
  void go_on();
  // SIGKILL or a crash: the kernel closes the connection. Says where the next process must go on.
  Inheritance die(bool reset);

 private:
  void step();
  void flush();
  void carry_out(relay::Wish wish);
  void drop_connection(bool reset);
  void connect();
  std::optional<Instant> show_end_behind(Instant last_frame) const;
  void check_renewal() const;
  void note_show();
  void check();

  Engine& engine_;
  RelayEvents& events_;
  Platform& platform_;
  const std::uint64_t serial_;
  const Instant started_;
  std::string config_hash_;
  std::string ring_name_;
  Page* page_ = nullptr;
  std::unique_ptr<CoreSource> source_;
  const RingFacts* facts_ = nullptr;  // of source_
  Instant last_frame_{};              // of the rings before that
  control::HoldPolicy policy_;
  Instant grace_until_{};  // of a clean stop that no key frame has followed
  bool in_show_ = false;
  std::optional<Format> session_format_;  // of the last connection that got anything
  bool ring_lost_ = false;                // and the machine was told
  std::optional<relay::Machine> machine_;
  std::optional<RelayCheck> check_;
  Connection* connection_ = nullptr;
  std::uint64_t attempt_ = 0;
  Answer attempt_answer_ = Answer::kAccept;
  bool connecting_ = false;
  std::optional<Instant> armed_for_;
  std::uint64_t armed_ = 0;
  bool exited_ = false;
  bool was_live_ = false;
  bool stopped_ = false;
  bool waking_ = false;
  bool missed_wake_ = false;
  bool connect_waits_ = false;  // it was answered while the process was stopped
};

}  // namespace sluice::sim
