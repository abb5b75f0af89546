// See the header.
#include "sim/world.hpp"

#include <algorithm>
#include <utility>

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
// A hold's beginning and end, on the way to the platform.
constexpr Duration kSettles = seconds{1};
// What a slow platform still has to get.
constexpr Duration kLateRest = seconds{12};
constexpr Duration kFrameEvery = milliseconds{2200};
constexpr Duration kSlack = milliseconds{200};
constexpr Duration kPictureEvery = milliseconds{700};  // far above the source's own interval

// What a platform should have been shown by now; nullptr: nothing.
const char* lack_of_hold(const HoldCheck& hold, Instant now) {
  if (now > hold.last_frame_at() + kFrameEvery) return "no frame during a hold";
  const auto& picture = hold.picture();
  if (picture && now > hold.next_key_by() + kSlack) return "no key frame during a hold";
  const bool moves = picture && has_copies(*picture);
  return moves && now > hold.last_picture_at() + kPictureEvery ? "no picture during a hold" : nullptr;
}

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
          &household_.excused_until(stream),
          &household_};
}

void World::run() {
  household_.manager().start();
  Random& random = engine_.random();
  for (int stream = 1; stream <= streams(); ++stream) {
    household_.change_policy(stream, random_policy(random));
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
    case EventKind::kPatienceOver:
      return encoder_.on_patience_over(event.serial);
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
  for (int stream = 1; stream <= streams(); ++stream) check_hold(stream);
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

// H5 and H6: what is to be so as long as the source is away.
void World::check_hold(int stream) {
  const RelayProcess* process = std::as_const(household_).relay(stream);
  if (process == nullptr || !knows_of_absence(stream, *process)) return;
  const Connection* connection = household_.platform(stream).current();
  const SessionCheck* check = connection == nullptr ? nullptr : connection->check();
  const bool shows = check != nullptr && check->hold().has_begun();
  const auto fail = [stream](const Engine& engine, const char* invariant, const char* what) {
    engine.fail(invariant, "stream " + std::to_string(stream) + ": " + what);
  };

  const Instant now = engine_.now();
  const control::StreamState state = process->machine()->status().state;
  const auto ends_at = process->show_ends_at();
  const Duration rest = healthy(stream) ? Duration::zero() : kLateRest;
  if (shows && state == control::StreamState::kHolding && ends_at && now > *ends_at + rest + kSettles)
    fail(engine_, "H5", "the hold is longer than allowed");

  const auto may_end_at = process->show_may_end_at();
  const bool ends_soon = !may_end_at || now > *may_end_at - kSettles;
  if (process->policy().hold_s == 0 || ends_soon || !process->in_show()) return;
  const bool has_picture = process->ring_facts()->has_key || shows;
  if (!has_picture) return;
  if (state == control::StreamState::kWaiting) fail(engine_, "H6", "given up during a hold");
  if (!healthy(stream)) return;
  if (check == nullptr) fail(engine_, "H6", "no session during a hold");
  if (const char* lack = lack_of_hold(check->hold(), now)) fail(engine_, "H6", lack);
}

// The source is away, and the process has had the time to notice.
bool World::knows_of_absence(int stream, const RelayProcess& process) const {
  if (process.machine() == nullptr || process.ring_facts() == nullptr || process.stopped()) return false;
  const Instant now = engine_.now();
  const Instant settled = std::max({engine_.disturbed_until(), household_.excused_until(stream),
                                    household_.last_change(stream), household_.policy_since(stream)});
  const RingFacts& ring = *process.ring_facts();
  if (now - kSettles < std::max(settled, ring.presence_since)) return false;
  // Without a manager nobody tells of an ingest's death.
  if (ring.writer_died && !process.ring_is_lost() && now < ring.last_frame + kSilent + kSettles) return false;
  return ring.is_away(now - kSettles) && ring.back_by < now;
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
