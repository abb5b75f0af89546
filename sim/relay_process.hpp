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
  void use_ring(const RingRef& ring);
  void lose_ring();
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
  bool ring_lost_ = false;  // and the machine was told
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
