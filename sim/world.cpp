// See the header.
#include "sim/world.hpp"

#include <algorithm>

#include "sim/faults.hpp"

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As kBatchBytes holds at 6 Mbit/s: this much of the stream may be beyond taking back.
constexpr double kBatchSeconds = 0.085;
constexpr Duration kWatchHealthyEvery = seconds{1};
// Respawns, connecting, the encoder's next key frame.
constexpr Duration kBackWithin = seconds{8};

EncoderShape shape_of(Engine& engine, const Settings& settings) {
  return random_encoder(engine.random(), settings.full_rate);
}

}  // namespace

World::World(Engine& engine, const Settings& settings, Arena& arena)
    : engine_(engine),
      truth_(arena.sent),
      household_(engine, arena.rings),
      encoder_(engine, household_.ingest(), truth_, shape_of(engine, settings)) {
  household_.set_batch_bytes(static_cast<std::size_t>(encoder_.shape().bytes_per_second() * kBatchSeconds));
  make_platforms();
}

void World::make_platforms() {
  Random& random = engine_.random();
  // Few more often than many: a seed's cost is theirs.
  const std::int64_t streams = std::min(random.between(1, 8), random.between(1, 8));
  const std::int64_t healthy = std::min<std::int64_t>(streams, random.between(1, 2));
  const double rate = encoder_.shape().bytes_per_second();
  for (int stream = 1; stream <= streams; ++stream) {
    const bool is_healthy = stream <= healthy;
    Line line;
    line.latency = random.between(milliseconds{1}, milliseconds{is_healthy ? 60 : 200});
    line.bytes_per_second = rate * random.real(is_healthy ? 20 : 1.5, 40);
    line.buffer_bytes = static_cast<std::size_t>(rate * random.real(is_healthy ? 0.5 : 0.2, 1));
    household_.add_platform(std::make_unique<Platform>(engine_, truth_, static_cast<PlatformEvents&>(*this),
                                                       stream, line, is_healthy));
  }
}

SessionRules World::rules_of(int stream) {
  Platform& platform = household_.platform(stream);
  return {stream,
          platform.healthy(),
          platform.line().latency,
          household_.take_inheritance(stream),
          &household_.stranded_until(),
          &household_.excused_until(stream)};
}

void World::run() {
  household_.manager().start();
  Random& random = engine_.random();
  for (int stream = 1; stream <= streams(); ++stream) {
    if (healthy(stream) || random.chance(0.9)) household_.switch_stream(stream, true);
  }
  encoder_.connect_after(random.between(milliseconds{0}, seconds{5}));
  Faults faults(*this);
  faults.plan();
  engine_.after(kWatchHealthyEvery, EventKind::kWatch, 0, static_cast<std::uint64_t>(Watch::kHealthy));
  engine_.at(kStart + kSimulated, EventKind::kWatch, 0, static_cast<std::uint64_t>(Watch::kQuiet));

  Event event;
  while (engine_.next(kStart + kSimulated, event)) {
    if (event.kind == EventKind::kFault)
      faults.on_event(event);
    else
      dispatch(event);
  }
}

void World::dispatch(const Event& event) {
  switch (event.kind) {
    case EventKind::kFrame:
      return encoder_.on_frame(event.serial);
    case EventKind::kEncoder:
      return encoder_.on_connect(event.serial);
    case EventKind::kWatch:
      return on_watch(event);
    default:
      if (event.kind == EventKind::kArrive) ++delivered_;
      return household_.handle(event);
  }
}

void World::on_watch(const Event& event) {
  const auto watch = static_cast<Watch>(event.serial);
  if (watch == Watch::kQuiet) return check_quiet();
  if (watch != Watch::kHealthy) return household_.on_watch(watch, event.child, event.what);
  engine_.after(kWatchHealthyEvery, EventKind::kWatch, 0, event.serial);
  check_healthy();
}

void World::check_healthy() {
  for (int stream = 1; stream <= streams(); ++stream) {
    if (household_.platform(stream).live_publishers() > 1)
      engine_.fail("I11", "two live sessions of stream " + std::to_string(stream));
    const Instant disturbed = std::max(engine_.disturbed_until(), household_.excused_until(stream));
    // Without a process its next start has a schedule, which is checked there.
    if (healthy(stream) && household_.process_of(stream) != 0 && engine_.now() > disturbed + kBackWithin)
      check_delivers(stream, kBackWithin, "isolation");
  }
}

void World::check_quiet() {
  for (int stream = 1; stream <= streams(); ++stream) check_delivers(stream, kBackWithin, "liveness");
}

// An enabled stream gets the newest frames, if source and manager have been there for `grace`.
void World::check_delivers(int stream, Duration grace, const char* invariant) {
  const Instant now = engine_.now();
  if (!household_.wish_of(stream).enabled || !encoder_.publishing() || !household_.manager().alive()) return;
  if (now - encoder_.publishing_since() < grace || now - household_.manager().alive_since() < grace ||
      now - household_.last_change(stream) < grace)
    return;
  const Connection* connection = household_.platform(stream).current();
  const SessionCheck* check = connection == nullptr ? nullptr : connection->check();
  if (check != nullptr && check->has_media() && now - check->last_media_at() < seconds{3} &&
      check->last_delay() < seconds{3})
    return;
  const auto silent =
      check == nullptr || !check->has_media()
          ? std::string("nothing")
          : std::to_string(std::chrono::duration<double>(now - check->last_media_at()).count()) + " s ago, " +
                std::to_string(std::chrono::duration<double>(check->last_delay()).count()) + " s behind";
  engine_.fail(invariant,
               "stream " + std::to_string(stream) + " is not live; the platform's newest: " + silent);
}

Outcome run_seed(const Settings& settings, Arena& arena) {
  arena.rings.begin_seed();
  Engine engine(settings.seed, settings.verbose, arena.events);
  Outcome outcome;
  try {
    World world(engine, settings, arena);
    world.run();
    outcome.delivered = world.delivered();
  } catch (const Violation& violation) {
    outcome.failed = true;
    outcome.invariant = violation.invariant;
    outcome.what = violation.what;
    outcome.at_seconds = seconds_since_start(engine.now());
    outcome.recent = engine.recent();
  }
  outcome.events = engine.events();
  return outcome;
}

}  // namespace sluice::sim
