// The heart of the simulator: virtual time, the queue of what is to come, chance, and the journal of what
// was. One per seed, one thread. Two runs of a seed are equal event by event.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "sim/random.hpp"

namespace sluice::sim {

inline constexpr int kMaxRelays = 8;

enum class EventKind : std::uint8_t {
  kFrame,         // the encoder's next message is due
  kEncoder,       // the encoder (re)connects
  kPatienceOver,  // the ingest closes a connection that brings nothing
  kAudioDue,      // audio has waited long enough for a video frame
  kArrive,        // bytes reach the platform
  kReply,         // bytes reach the relay
  kHangUp,        // the platform's close reaches the relay
  kPlatformTick,  // the platform does something of its own to a connection
  kConnectDone,
  kTimer,      // the relay's deadline
  kHeartbeat,  // and its progress page
  kHello,      // a child greets its manager
  kOrder,      // a manager's order reaches a child
  kChildDied,  // and is noticed by the manager
  kCrash,      // a child dies of itself
  kManagerTick,
  kManagerStart,
  kFault,
  kWatch,  // a promise falls due
};

struct Event {
  Instant at{};
  std::uint64_t sequence = 0;  // of two at the same time the earlier made comes first
  std::uint64_t serial = 0;    // whose: a process, a connection; the receiver ignores those of the dead
  std::uint64_t what = 0;
  EventKind kind = EventKind::kFrame;
  std::uint8_t child = 0;  // stream id, or 0: the ingest
};

// A broken promise. Thrown, so that the seed ends right where it happened.
struct Violation {
  std::string invariant;
  std::string what;
};

class Engine {
 public:
  Engine(std::uint64_t seed, bool verbose, std::vector<Event>& storage);

  Instant now() const { return now_; }
  Random& random() { return random_; }

  void at(Instant when, EventKind kind, int child = 0, std::uint64_t serial = 0, std::uint64_t what = 0);
  void after(Duration delay, EventKind kind, int child = 0, std::uint64_t serial = 0,
             std::uint64_t what = 0) {
    at(now_ + delay, kind, child, serial, what);
  }
  // The next event, with now() moved to its time; false: none before `until`.
  bool next(Instant until, Event& event);
  // Nothing runs for this long (a paused virtual machine, a suspended laptop): what was due comes late.
  void sleep(Duration time);
  // Until then people must forgive delays: the machine has just woken up.
  Instant disturbed_until() const { return disturbed_until_; }
  void disturb(Duration time) { disturbed_until_ = std::max(disturbed_until_, now_ + time); }

  // `what` must be a literal. `numbers` are printed behind it.
  void note(const char* what, int child = 0, std::int64_t first = 0, std::int64_t second = 0);
  // As note(), for the many: only in a verbose run.
  void trace(const char* what, int child = 0, std::int64_t first = 0, std::int64_t second = 0) {
    if (verbose_) note(what, child, first, second);
  }
  bool verbose() const { return verbose_; }
  std::string recent() const;
  std::uint64_t events() const { return events_; }

  [[noreturn]] void fail(const char* invariant, std::string what) const;

 private:
  struct Note {
    Instant at{};
    const char* what = "";
    int child = 0;
    std::int64_t first = 0;
    std::int64_t second = 0;
  };
  static std::string line(const Note& note);

  static constexpr std::size_t kNotes = 40;

  Instant now_;
  Random random_;
  bool verbose_;
  std::vector<Event>& heap_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  Instant disturbed_until_{};
  std::array<Note, kNotes> notes_{};
  std::uint64_t noted_ = 0;
};

// Of the simulation, for people.
double seconds_since_start(Instant at);
inline constexpr Instant kStart = Instant{} + std::chrono::hours{1};

}  // namespace sluice::sim
