// Holds one relay process's machine against the clock: I5, I7, I9, I10 of docs/simulation.md.
#pragma once

#include <optional>
#include <string>

#include "relay/machine.hpp"
#include "sim/engine.hpp"

namespace sluice::sim {

class RelayCheck {
 public:
  RelayCheck(const Engine& engine, int stream, std::size_t batch_bytes)
      : engine_(engine), stream_(stream), batch_bytes_(batch_bytes) {}

  void on_connect();
  void on_retry_now() { not_before_.reset(); }
  struct Step {
    bool has_connection = false;
    bool accepted = false;  // the platform has agreed to this connection
    // What a new session could begin with: the newest key frame of a source that publishes.
    std::optional<ring::Entry> entry;
    std::string ring;
    bool late = false;  // the process was stopped, its timer is on its way
  };
  // After every step of the driver.
  void on_step(const relay::Machine& machine, const Step& step);

 private:
  bool has_news(const Step& step) const;
  void check_status(const relay::Machine& machine, const Step& step);
  void on_failure(const relay::Machine& machine, bool refused);
  [[noreturn]] void fail(const char* invariant, const std::string& what) const;

  const Engine& engine_;
  int stream_;
  std::size_t batch_bytes_;
  relay::Status last_;
  struct Counts {
    int failures = 0;
    int refusals = 0;
  };
  Counts fewest_;
  Counts most_;
  std::optional<Instant> not_before_;
  std::optional<Instant> live_since_;
  std::optional<Instant> accepted_since_;  // the session that there is, or was until now
  Duration healthy_before_{};              // its age
  std::optional<Instant> past_since_;      // the deadline is overdue
  // What there was when the wait for the source began: the past.
  std::optional<ring::Entry> past_;
  std::string past_ring_;
};

}  // namespace sluice::sim
