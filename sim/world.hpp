// One seed's world: a machine with Sluice on it, an encoder, one to eight platforms, ten minutes of
// misfortune, then quiet, in which everything must come back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/encoder.hpp"
#include "sim/household.hpp"

namespace sluice::sim {

inline constexpr Duration kSimulated = std::chrono::minutes{10};
// From here on nothing goes wrong any more: longer than the longest wait of a relay (a refusal's 120 s, a
// deadline of 30 s).
inline constexpr Duration kQuietFrom = std::chrono::seconds{430};

// Memory that one seed after the other uses.
struct Arena {
  RingPool rings;
  std::vector<Event> events;
  std::vector<Sent> sent;
};

struct Settings {
  std::uint64_t seed = 1;
  bool verbose = false;
  bool full_rate = false;  // 30 frames and 47 sounds a second
};

struct Outcome {
  bool failed = false;
  std::string invariant;
  std::string what;
  double at_seconds = 0;
  std::string recent;  // the last events
  std::uint64_t events = 0;
  std::uint64_t delivered = 0;  // times that bytes reached a platform
};

// Every number of seeds one at the encoder's full rate.
inline constexpr std::uint64_t kFullRateEvery = 100;

Outcome run_seed(const Settings& settings, Arena& arena);

class World final : private PlatformEvents {
 public:
  World(Engine& engine, const Settings& settings, Arena& arena);

  void run();

  Engine& engine() { return engine_; }
  Encoder& encoder() { return encoder_; }
  Household& household() { return household_; }
  int streams() const { return household_.streams(); }
  bool healthy(int stream) { return household_.platform(stream).healthy(); }
  std::uint64_t delivered() const { return delivered_; }

 private:
  void on_goodbye(int stream) override { household_.on_goodbye(stream); }
  SessionRules rules_of(int stream) override;

  void make_platforms();
  void dispatch(const Event& event);
  void on_watch(const Event& event);
  void check_healthy();
  void check_hold(int stream);
  bool knows_of_absence(int stream, const RelayProcess& process) const;
  void check_quiet();
  void check_delivers(int stream, Duration grace, const char* invariant);

  Engine& engine_;
  Truth truth_;
  Household household_;
  Encoder encoder_;
  std::uint64_t delivered_ = 0;
};

}  // namespace sluice::sim
