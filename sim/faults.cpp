// See the header.
#include "sim/faults.hpp"

#include <algorithm>

#include "sim/world.hpp"

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

// Events of kind kFault: `what` is one of these, `serial` belongs to it.
enum class Faults::Kind : std::uint8_t {
  kGoOn,  // a stopped process; serial: which
  kStrike,
  kAnswer,
  kStall,
  kSlow,
  kGhost,
  kCalm,
};

control::HoldPolicy random_policy(Random& random) {
  constexpr int holds[] = {0, 2, 5, 60, 60};
  constexpr int graces[] = {0, 2, 10, 10};
  control::HoldPolicy policy;
  policy.hold_s = random.chance(0.7) ? holds[random.between(0, 4)] : static_cast<int>(random.between(1, 120));
  policy.stop_grace_s =
      random.chance(0.7) ? graces[random.between(0, 3)] : static_cast<int>(random.between(0, 40));
  return policy;
}

Faults::Faults(World& world) : world_(world), engine_(world.engine()), per_minute_(0), source_share_(0) {}

void Faults::plan() {
  // From nearly none to one every few seconds.
  per_minute_ = engine_.random().real(0.5, 20);
  // Of some seeds half the faults are the source's.
  source_share_ = engine_.random().chance(0.3) ? 50 : 12;
  engine_.after(engine_.random().between(seconds{1}, seconds{20}), EventKind::kFault, 0, 0,
                static_cast<std::uint64_t>(Kind::kStrike));
  engine_.at(kStart + kQuietFrom, EventKind::kFault, 0, 0, static_cast<std::uint64_t>(Kind::kCalm));
}

void Faults::on_event(const Event& event) {
  const auto kind = static_cast<Kind>(event.what);
  switch (kind) {
    case Kind::kGoOn:
      world_.household().let_go_on(event.child, event.serial);
      return;
    case Kind::kStrike:
      if (engine_.now() >= kStart + kQuietFrom) return;
      strike();
      engine_.after(engine_.random().between(milliseconds{10},
                                             milliseconds{static_cast<std::int64_t>(120'000 / per_minute_)}),
                    EventKind::kFault, 0, 0, static_cast<std::uint64_t>(Kind::kStrike));
      return;
    case Kind::kCalm:
      return calm();
    default:
      if (engine_.now() < kStart + kQuietFrom) put_right(kind, event.child);
      return;
  }
}

void Faults::end_later(Kind kind, int stream, Duration time) {
  engine_.after(time, EventKind::kFault, stream, 0, static_cast<std::uint64_t>(kind));
}

int Faults::any_sick_stream() {
  int first = 1;
  while (first <= world_.streams() && world_.healthy(first)) ++first;
  if (first > world_.streams()) return 0;
  return static_cast<int>(engine_.random().between(first, world_.streams()));
}

void Faults::strike() {
  if (engine_.random().between(0, 99) < source_share_) return strike_encoder();
  const auto dice = engine_.random().between(0, 89);
  if (dice < 60) {
    if (const int stream = any_sick_stream()) strike_platform(stream);
  } else if (dice < 76) {
    strike_process();
  } else if (dice < 88) {
    strike_people();
  } else {
    Duration time = engine_.random().chance(0.7) ? engine_.random().between(milliseconds{50}, seconds{5})
                                                 : engine_.random().between(seconds{5}, seconds{180});
    time = std::min(time, kStart + kQuietFrom - engine_.now());  // the quiet is for coming back
    engine_.note("everything sleeps, ms", 0, std::chrono::duration_cast<milliseconds>(time).count());
    engine_.sleep(time);
    engine_.disturb(seconds{20});
  }
}

void Faults::strike_platform(int stream) {
  Platform& platform = world_.household().platform(stream);
  Random& random = engine_.random();
  const auto which = random.between(0, 9);
  engine_.note("platform misbehaves, fault", stream, which);
  switch (which) {
    case 0:
    case 1:
      return platform.hang_up(random.chance(0.5));
    case 2:
    case 3:
      platform.stall(true);
      return end_later(Kind::kStall, stream,
                       random.chance(0.6) ? random.between(milliseconds{100}, seconds{12})
                                          : random.between(seconds{12}, minutes{5}));
    case 4:
      return platform.lose_packets();
    case 5:
    case 6:
      platform.slow_down(random.real(0.2, 0.95) * world_.encoder().shape().bytes_per_second() /
                         platform.line().bytes_per_second);
      return end_later(Kind::kSlow, stream, random.between(seconds{2}, minutes{2}));
    case 7:
      platform.remember_dead(random.between(milliseconds{500}, seconds{40}));
      end_later(Kind::kGhost, stream, random.between(seconds{30}, minutes{3}));
      return platform.hang_up(true);
    default:
      platform.answer_with(static_cast<Answer>(random.between(1, 10)));
      end_later(Kind::kAnswer, stream, random.between(milliseconds{200}, seconds{90}));
      return platform.hang_up(random.chance(0.5));
  }
}

void Faults::put_right(Kind kind, int stream) {
  Platform& platform = world_.household().platform(stream);
  engine_.note("platform is put right, fault", stream, static_cast<std::int64_t>(kind));
  if (kind == Kind::kAnswer) platform.answer_with(Answer::kAccept);
  if (kind == Kind::kStall) platform.stall(false);
  if (kind == Kind::kSlow) platform.slow_down(1);
  if (kind == Kind::kGhost) platform.remember_dead(Duration::zero());
}

void Faults::strike_process() {
  Household& household = world_.household();
  Random& random = engine_.random();
  const int stream = static_cast<int>(random.between(1, world_.streams()));
  switch (random.between(0, 9)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return household.kill_relay(stream);
    case 4:
      return household.stop_relay(stream, random.between(milliseconds{100}, seconds{15}));
    case 5:
      household.crash_on_start(stream, random.between(seconds{2}, seconds{30}));
      return household.kill_relay(stream);
    case 6:
      household.fail_spawns(random.between(milliseconds{100}, seconds{8}));
      return household.kill_relay(stream);
    case 7:
      return household.manager().lose_channel(stream);
    case 8:
      return household.kill_ingest();
    default:
      return household.kill_manager(random.between(milliseconds{5}, seconds{20}));
  }
}

void Faults::strike_encoder() {
  Encoder& encoder = world_.encoder();
  Random& random = engine_.random();
  const auto away = [&random] {
    return random.chance(0.8) ? random.between(milliseconds{100}, seconds{30})
                              : random.between(seconds{30}, seconds{120});
  };
  switch (random.between(0, 9)) {
    case 0:
    case 1:
      return encoder.stop(true, random.between(milliseconds{500}, seconds{60}), random.chance(0.6));
    case 2:
    case 3:
      return encoder.stop(false, away(), random.chance(0.6));
    case 4:
      return encoder.jump(random.chance(0.5) ? random.between(1'000, 100'000)
                                             : -random.between(1'000, 100'000));
    case 5:
    case 6:
      return encoder.fall_silent(random.between(seconds{1}, seconds{20}));
    case 7:
      return encoder.take_over();
    default:
      return encoder.change_headers();
  }
}

void Faults::strike_people() {
  Household& household = world_.household();
  // Of the healthy ones the first is left in peace; the others show that a goodbye arrives.
  const bool any = world_.streams() > 1 && engine_.random().chance(0.3);
  const int stream =
      any ? static_cast<int>(engine_.random().between(2, world_.streams())) : any_sick_stream();
  if (stream == 0) return;
  switch (engine_.random().between(0, 7)) {
    case 6:
    case 7:  // of anyone, the first as well
      return household.change_policy(static_cast<int>(engine_.random().between(1, world_.streams())),
                                     random_policy(engine_.random()));
    case 0:
    case 1:
      return household.switch_stream(stream, false);
    case 2:
    case 3:
      return household.switch_stream(stream, true);
    case 4:
      return household.retry_now(stream);
    default:
      return household.change_key(stream);
  }
}

// The end of all misfortune.
void Faults::calm() {
  engine_.note("quiet begins");
  Household& household = world_.household();
  for (int stream = 1; stream <= world_.streams(); ++stream) {
    for (const Kind kind : {Kind::kAnswer, Kind::kStall, Kind::kSlow, Kind::kGhost}) put_right(kind, stream);
    household.crash_on_start(stream, Duration::zero());
  }
  household.fail_spawns(Duration::zero());
}

}  // namespace sluice::sim
