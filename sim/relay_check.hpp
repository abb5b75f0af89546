// Holds one relay process's machine against the clock: I5, I7, I9, I10 of docs/simulation.md.
#pragma once

#include <optional>

#include "relay/machine.hpp"
#include "sim/engine.hpp"

namespace sluice::sim {

class RelayCheck {
 public:
  RelayCheck(const Engine& engine, int stream, std::size_t batch_bytes)
      : engine_(engine), stream_(stream), batch_bytes_(batch_bytes) {}

  void on_connect();
  void on_retry_now() { not_before_.reset(); }
  // After every step of the driver. `accepted`: the platform has agreed to this connection. `late`: the
  // process was stopped, its timer is on its way.
  void on_step(const relay::Machine& machine, bool has_connection, bool accepted, bool source_publishing,
               bool late);

 private:
  void check_status(const relay::Machine& machine);
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
};

}  // namespace sluice::sim
