// What goes wrong in a seed, and when. Everything is put right again before the quiet begins.
#pragma once

#include "control/messages.hpp"
#include "sim/engine.hpp"

namespace sluice::sim {

class World;

// Any hold, any grace.
control::HoldPolicy random_policy(Random& random);

class Faults {
 public:
  explicit Faults(World& world);

  void plan();
  void on_event(const Event& event);

 private:
  enum class Kind : std::uint8_t;

  void strike();
  void strike_platform(int stream);
  void strike_process();
  void strike_encoder();
  void strike_people();
  void put_right(Kind kind, int stream);
  void end_later(Kind kind, int stream, Duration time);
  void calm();
  int any_sick_stream();

  World& world_;
  Engine& engine_;
  double per_minute_;
  std::int64_t source_share_;  // of a hundred faults
};

}  // namespace sluice::sim
