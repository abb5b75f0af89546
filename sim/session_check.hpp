// Holds what a platform receives in one session against what the encoder sent: I1 to I4, I6, I12 of
// docs/simulation.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "media/message.hpp"
#include "sim/engine.hpp"
#include "sim/hold_check.hpp"
#include "sim/truth.hpp"

namespace sluice::sim {

// What the new process of a stream must go on from, after the old one has died.
struct Inheritance {
  std::uint64_t last = kNoNumber;  // the last message that the old one gave to the socket in full
  bool exact = true;               // the old one died between batches
  bool in_hold = false;            // the source was away then
};

class HoldRulesOf {
 public:
  virtual ~HoldRulesOf() = default;
  virtual HoldRules hold_rules_of(int stream) const = 0;
};

struct SessionRules {
  int stream = 0;
  bool healthy = false;  // its platform never misbehaves: nothing may be missing, nothing late
  Duration latency{};    // of its line
  std::optional<Inheritance> inherited;
  const Instant* stranded_until = nullptr;  // what arrived just before had no one to wake for it; likewise
  const Instant* excused_until = nullptr;   // its own process is to blame until then; outlives the check
  const HoldRulesOf* holds = nullptr;       // likewise
};

class SessionCheck {
 public:
  SessionCheck(const Engine& engine, const Truth& truth, SessionRules rules)
      : engine_(engine),
        truth_(truth),
        rules_(rules),
        since_(engine.now()),
        hold_(engine, truth, rules.stream) {}

  // Throws Violation.
  void on_media(const media::MessageView& message);

  std::uint64_t last_number() const { return last_; }
  bool has_media() const { return has_media_; }
  // At the ingest, of the last number. REQUIRES: has_media.
  Instant last_arrival() const { return truth_[last_].arrival; }
  Instant last_media_at() const { return last_media_at_; }
  // Of the newest message: how long it took from the source to here.
  Duration last_delay() const { return last_delay_; }
  const HoldCheck& hold() const { return hold_; }
  const std::optional<Format>& format() const { return format_; }

 private:
  Instant excuse_ends() const { return std::max(engine_.disturbed_until(), *rules_.excused_until); }
  bool excused() const { return engine_.now() < excuse_ends(); }
  bool on_hold_frame(const media::MessageView& message, std::optional<std::uint64_t> number);
  void on_header(std::uint64_t number, const Sent& sent);
  void on_frame(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms);
  void check_order(std::uint64_t number, const Sent& sent);
  void check_gap(std::uint64_t number, const Sent& sent);
  void check_first(std::uint64_t number, const Sent& sent) const;
  void check_headers(std::uint64_t number, const Sent& sent) const;
  void check_references(std::uint64_t number, const Sent& sent);
  void check_time(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms);
  void check_delay(std::uint64_t number, const Sent& sent);
  [[noreturn]] void fail(const char* invariant, const char* what, std::uint64_t number,
                         std::int64_t expected = 0) const;

  const Engine& engine_;
  const Truth& truth_;
  SessionRules rules_;
  Instant since_;  // the source was entered at a key frame
  HoldCheck hold_;
  bool resumes_ = false;          // the frame at hand follows a hold
  std::optional<Format> format_;  // of the session
  std::uint64_t last_ = kNoNumber;
  bool has_media_ = false;
  Instant last_media_at_{};
  Duration last_delay_{};

  std::uint64_t video_header_ = kNoNumber;
  std::uint64_t audio_header_ = kNoNumber;
  std::uint64_t reference_ = kNoNumber;
  std::uint64_t entry_ = kNoNumber;  // the key frame where this stretch began
  std::int64_t last_ms_[2] = {-1, -1};
  bool offset_known_ = false;
  std::uint32_t offset_epoch_ = 0;
  std::uint32_t offset_session_ = 0;
  std::int64_t offset_ms_ = 0;
  Instant rebased_at_{};
};

}  // namespace sluice::sim
