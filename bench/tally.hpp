// What is counted about the frames of a run: latency, loss, order, damage. Runs in bench_sink, and for its
// own lateness in bench_publisher.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/message.hpp"

namespace sluice::bench {

// CLOCK_MONOTONIC, as the marks and the driver use it.
std::uint64_t monotonic_ns();

// Durations of which percentiles are wanted.
class Durations {
 public:
  void add_ns(std::uint64_t ns) { us_.push_back(static_cast<std::uint32_t>(ns / 1000)); }
  void add(const Durations& other) { us_.insert(us_.end(), other.us_.begin(), other.us_.end()); }
  void clear() { us_.clear(); }
  // {"count":…,"p50_us":…,"p95_us":…,"p99_us":…,"max_us":…}; null where there are none.
  std::string json() const;

 private:
  std::vector<std::uint32_t> us_;
};

// kContent reads each byte once more than receiving it does.
enum class Check : std::uint8_t { kOrder, kContent };

// The frames of one kind from one publisher, over all of its connections.
class Track {
 public:
  // One coded frame that was complete at `arrived_ns`.
  void add(const media::MessageView& frame, std::uint64_t arrived_ns, Check check);

  // Starts counting anew. The sequence goes on: a frame lost around the border is seen.
  void begin_window();
  const Durations& latency() const { return latency_; }
  std::string json() const;

 private:
  bool seen_any_ = false;
  std::uint64_t next_sequence_ = 0;

  Durations latency_;
  std::uint64_t lost_ = 0;       // sequence numbers that were skipped
  std::uint64_t reordered_ = 0;  // came again, or after a later one
  std::uint64_t corrupt_ = 0;    // other content than was sent, where that is checked
  std::uint64_t unmarked_ = 0;   // no readable mark
};

struct Tally {
  Track video;
  Track audio;
};

}  // namespace sluice::bench
