// See the header.
#include "sim/relay_check.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::sim {
namespace {

using control::StreamState;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Setting up: handshake and commands. Streaming: a batch, what made it full, headers and metadata.
constexpr std::size_t kSetupBytes = 8U << 10U;
constexpr std::size_t kLargestMessages = 512;
// The schedule of the contract, written down a second time.
constexpr double kFirst = 0.5;
constexpr double kGrowth = 1.7;
constexpr double kCap = 30;
constexpr seconds kRefusals[] = {seconds{30}, seconds{60}, seconds{120}};
// The machine counts its healthy minute from Publish.Start, a moment before it is live.
constexpr seconds kSurelyHealthy{60};
constexpr seconds kPerhapsHealthy{40};
constexpr Duration kLateTimer = milliseconds{1};

Duration of_seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

}  // namespace

void RelayCheck::fail(const char* invariant, const std::string& what) const {
  engine_.fail(invariant, "stream " + std::to_string(stream_) + ": " + what);
}

void RelayCheck::on_connect() {
  if (not_before_ && engine_.now() < *not_before_) fail("I7", "tried again too soon");
  not_before_.reset();
}

bool RelayCheck::has_news(const Step& step) const {
  if (!step.entry) return false;
  return !past_ || past_ring_ != step.ring || past_->position < step.entry->position;
}

void RelayCheck::on_step(const relay::Machine& machine, const Step& step) {
  const std::size_t allowed = step.accepted ? batch_bytes_ + kLargestMessages : kSetupBytes;
  const std::size_t have = machine.output().size();
  if (have > allowed) fail("I5", "the machine holds " + std::to_string(have) + " bytes of output");
  if (step.accepted && !accepted_since_) accepted_since_ = engine_.now();
  healthy_before_ = accepted_since_ ? engine_.now() - *accepted_since_ : Duration::zero();
  if (!step.accepted) accepted_since_.reset();
  check_status(machine, step);

  if (const auto deadline = machine.deadline()) {
    // One that was in the past already when it was set is on its way.
    const bool past = *deadline + kLateTimer < engine_.now();
    if (!past) past_since_.reset();
    if (past && !past_since_) past_since_ = engine_.now();
    const bool slept = engine_.now() < engine_.disturbed_until();  // likewise
    if (!step.late && !slept && past && *past_since_ + kLateTimer < engine_.now())
      fail("I10", "a deadline in the past stays");
    return;
  }
  // Without a deadline: only an event with a name can end this wait.
  switch (machine.status().state) {
    case StreamState::kOff:
      return;
    case StreamState::kWaiting:
      if (has_news(step)) fail("I10", "waits for a source that is there");
      return;
    case StreamState::kHolding:  // the source's return, or the platform's close
    case StreamState::kLive:
    case StreamState::kConnecting:  // ... a first key frame
      if (step.has_connection && step.accepted && have == 0) return;
      break;
    default:
      break;
  }
  fail("I10", "waits without a deadline, state " + std::string(control::to_string(machine.status().state)) +
                  ", output " + std::to_string(have));
}

void RelayCheck::check_status(const relay::Machine& machine, const Step& step) {
  const relay::Status& status = machine.status();
  if (status == last_) return;
  if (status.state == StreamState::kWaiting && last_.state != StreamState::kWaiting) {
    past_ = step.entry;
    past_ring_ = step.ring;
  }
  const bool was_live = last_.state == StreamState::kLive || last_.state == StreamState::kHolding;
  const bool is_live = status.state == StreamState::kLive || status.state == StreamState::kHolding;
  if (is_live && !was_live) live_since_ = engine_.now();
  if (status.state == StreamState::kRetrying || status.state == StreamState::kRefused)
    on_failure(machine, status.state == StreamState::kRefused);
  if (!is_live) live_since_.reset();
  if (status.reason) {
    for (const auto& [name, value] : status.reason->params) {
      if (value.find("sim-key-") != std::string::npos) fail("I9", "the key in a reason");
    }
  }
  last_ = status;
}

void RelayCheck::on_failure(const relay::Machine& machine, bool refused) {
  // The machine's count of failures in a row lies between these two.
  const Duration healthy = live_since_ ? engine_.now() - *live_since_ : Duration::zero();
  // With nothing to show a session is not live, but for the machine as healthy.
  const bool long_there = healthy_before_ >= kPerhapsHealthy;
  if (long_there || healthy >= kPerhapsHealthy || engine_.now() < engine_.disturbed_until()) fewest_ = {};
  if (healthy >= kSurelyHealthy) most_ = {};
  Duration least{};
  Duration most{};
  if (refused) {
    least = kRefusals[std::min(fewest_.refusals++, 2)];
    most = kRefusals[std::min(most_.refusals++, 2)];
  } else {
    least = of_seconds(std::min(kCap, kFirst * std::pow(kGrowth, fewest_.failures++)));
    most = of_seconds(std::min(kCap, 2 * kFirst * std::pow(kGrowth, most_.failures++)));
  }
  not_before_ = engine_.now() + least - kLateTimer;
  const auto next = machine.status().next_try;
  if (!next) fail("I7", "retries without saying when");
  if (*next < *not_before_) fail("I7", "means to try again too soon");
  if (*next > engine_.now() + most + kLateTimer) fail("I7", "waits longer than the schedule");
}

}  // namespace sluice::sim
