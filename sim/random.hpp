// All chance in the simulator: one engine, one seed. The mapping to ranges is our own, because the standard
// library's distributions differ between implementations, and a seed must mean the same everywhere.
#pragma once

#include <cstdint>
#include <random>

#include "base/clock.hpp"

namespace sluice::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  // Uniform in [low, high]. REQUIRES: low <= high. The bias of the modulo is far below what could matter
  // here.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }
  Duration between(Duration low, Duration high) { return Duration(between(low.count(), high.count())); }
  double real(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11U) * 0x1.0p-53;
  }
  bool chance(double probability) { return real(0, 1) < probability; }

 private:
  std::mt19937_64 engine_;  // its sequence is fixed by the standard
};

}  // namespace sluice::sim
