// A model of the ingest process around the real WriteCore: the ring, who is woken, and its death.
#pragma once

#include <bitset>
#include <deque>
#include <optional>

#include "ring/write_core.hpp"
#include "sim/engine.hpp"
#include "sim/ring_facts.hpp"
#include "sim/ring_memory.hpp"
#include "sim/truth.hpp"

namespace sluice::sim {

// As ingest::kAudioWait.
inline constexpr Duration kAudioWait = std::chrono::milliseconds{25};

class IngestEvents {
 public:
  virtual ~IngestEvents() = default;
  virtual void on_new_ring() = 0;
  virtual void on_wake(int stream) = 0;
};

class Ingest {
 public:
  Ingest(Engine& engine, RingPool& pool, IngestEvents& events)
      : engine_(engine), pool_(pool), events_(events) {}

  // ---- the process ----
  std::uint64_t spawn();  // its serial
  void configured() { listening_ = true; }
  // SIGKILL: the ring stays as it is, and says what it said.
  void die();
  bool alive() const { return serial_ != 0; }
  bool listening() const { return listening_; }
  std::uint64_t serial() const { return serial_; }

  void attach(int stream) {
    attached_.set(static_cast<std::size_t>(stream));
    events_.on_wake(stream);
  }
  void detach(int stream) { attached_.reset(static_cast<std::size_t>(stream)); }

  // ---- the publisher ----
  // A publisher, with another one there or not. REQUIRES: listening.
  void begin(const Format& format);
  // Gives the message's place. REQUIRES: begun.
  std::uint64_t write(const media::MessageView& message);
  void end(bool cleanly);
  void audio_due(std::uint64_t serial);

  const RingRef& ring() const { return ring_; }
  // Of any ring that there was. REQUIRES: serial > 0.
  const RingFacts& facts_of(std::uint32_t serial) const { return facts_[serial - 1]; }

 private:
  void wake_all();

  Engine& engine_;
  RingPool& pool_;
  IngestEvents& events_;
  std::uint64_t serial_ = 0;
  std::uint64_t spawned_ = 0;
  std::deque<RingFacts> facts_;  // by ring serial, from 1 on
  bool listening_ = false;
  RingRef ring_;
  std::optional<ring::WriteCore> writer_;
  std::bitset<kMaxRelays + 1> attached_;
  bool audio_waits_ = false;
};

}  // namespace sluice::sim
