// See the header.
#include "sim/engine.hpp"

#include <algorithm>
#include <cstdio>

namespace sluice::sim {
namespace {

// Ten times what a busy seed has.
constexpr std::uint64_t kMostEvents = 4'000'000;

bool later(const Event& a, const Event& b) {
  return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
}

}  // namespace

double seconds_since_start(Instant at) {
  return std::chrono::duration<double>(at - kStart).count();
}

Engine::Engine(std::uint64_t seed, bool verbose, std::vector<Event>& storage)
    : now_(kStart), random_(seed), verbose_(verbose), heap_(storage) {
  heap_.clear();
}

void Engine::at(Instant when, EventKind kind, int child, std::uint64_t serial, std::uint64_t what) {
  heap_.push_back({when, sequence_++, serial, what, kind, static_cast<std::uint8_t>(child)});
  std::ranges::push_heap(heap_, later);
}

bool Engine::next(Instant until, Event& event) {
  if (heap_.empty() || heap_.front().at > until) return false;
  std::ranges::pop_heap(heap_, later);
  event = heap_.back();
  heap_.pop_back();
  now_ = std::max(now_, event.at);
  if (++events_ > kMostEvents) fail("livelock", "events without end");
  return true;
}

void Engine::sleep(Duration time) {
  now_ += time;
}

void Engine::note(const char* what, int child, std::int64_t first, std::int64_t second) {
  Note& place = notes_[noted_++ % kNotes];
  place = {now_, what, child, first, second};
  if (verbose_) std::printf("%s\n", line(place).c_str());
}

std::string Engine::line(const Note& note) {
  char text[160];
  std::snprintf(text, sizeof(text), "  %10.3f s  %d  %s %lld %lld", seconds_since_start(note.at), note.child,
                note.what, static_cast<long long>(note.first), static_cast<long long>(note.second));
  return text;
}

std::string Engine::recent() const {
  std::string text;
  const std::uint64_t first = noted_ > kNotes ? noted_ - kNotes : 0;
  for (std::uint64_t i = first; i < noted_; ++i) text += line(notes_[i % kNotes]) + "\n";
  return text;
}

void Engine::fail(const char* invariant, std::string what) const {
  throw Violation{invariant, std::move(what)};
}

}  // namespace sluice::sim
