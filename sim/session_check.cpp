// See the header.
#include "sim/session_check.hpp"

#include <algorithm>
#include <cstdlib>

namespace sluice::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kSkewMs = 1;
constexpr Duration kUndisturbed = milliseconds{50};
// The key frame and what has come since then arrive at once in a new session.
constexpr Duration kCatchUp = milliseconds{1500};
constexpr Duration kRebasing = seconds{1};
constexpr Duration kResumeAge = seconds{8};

bool is_media(const Sent& sent) {
  return sent.kind != media::MessageKind::kData && !sent.is_header;
}

}  // namespace

void SessionCheck::fail(const char* invariant, const char* what, std::uint64_t number,
                        std::int64_t expected) const {
  engine_.fail(invariant, "stream " + std::to_string(rules_.stream) + ": " + what + " (message " +
                              std::to_string(number) + ", before it " + std::to_string(last_) +
                              ", expected " + std::to_string(expected) + ")");
}

void SessionCheck::on_media(const media::MessageView& message) {
  const auto number = number_in(message.payload);
  if (on_hold_frame(message, number)) {
    if (rules_.healthy && !excused())
      hold_.check_reason(rules_.holds->hold_rules_of(rules_.stream), rules_.latency + 2 * kUndisturbed);
    return;
  }
  const Sent& sent = truth_[*number];
  if (sent.kind != message.kind || sent.hash != hash_of(message.payload))
    fail("I12", "the payload was changed", *number);
  if (is_media(sent))
    on_frame(*number, sent, message.timestamp_ms);
  else
    on_header(*number, sent);
}

bool SessionCheck::on_hold_frame(const media::MessageView& message, std::optional<std::uint64_t> number) {
  if (!number) {
    hold_.on_made(message);
    return true;
  }
  if (*number >= truth_.size()) fail("I12", "a payload that nobody sent", kNoNumber);
  const Sent& sent = truth_[*number];
  if (!sent.is_key) return false;
  const std::uint64_t hash = hash_of(message.payload);
  // A session that begins with a hold's key frame begins no differently from a live one, unless SEI is
  // missing.
  const bool again = *number == hold_.key() || hash != sent.hash;
  if (!again || hash != sent.hold_hash) return false;
  if (!hold_.has_begun() && message.timestamp_ms != 0)
    fail("I2", "the session does not begin at 0", *number, message.timestamp_ms);
  hold_.on_key_frame(*number, sent, message.timestamp_ms);
  return true;
}

void SessionCheck::on_header(std::uint64_t number, const Sent& sent) {
  if (sent.kind == media::MessageKind::kVideo) video_header_ = number;
  if (sent.kind == media::MessageKind::kAudio) audio_header_ = number;
  if (!sent.is_header) return;
  const bool same =
      !format_ || (sent.kind == media::MessageKind::kVideo ? format_->picture == sent.format.picture
                                                           : format_->sound == sent.format.sound);
  if (!same) fail("H4", "another format within a session", number);
  if (!format_) format_ = sent.format;
}

void SessionCheck::on_frame(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms) {
  resumes_ = hold_.is_on();
  if (resumes_) since_ = engine_.now();
  check_order(number, sent);
  if (!has_media_) check_first(number, sent);
  check_headers(number, sent);
  check_references(number, sent);
  check_time(number, sent, timestamp_ms);
  hold_.on_live(number, sent, timestamp_ms);
  check_delay(number, sent);
  last_ = number;
  has_media_ = true;
  last_media_at_ = engine_.now();
}

void SessionCheck::check_order(std::uint64_t number, const Sent& sent) {
  if (!has_media_) return;
  if (number <= last_) fail("I12", "a message came twice or out of order", number);
  if (number > last_ + 1) check_gap(number, sent);
}

// Every message between the last and this one must have a good reason to be missing.
void SessionCheck::check_gap(std::uint64_t number, const Sent& sent) {
  const Sent& entry = truth_[entry_];
  for (std::uint64_t i = last_ + 1; i < number; ++i) {
    const Sent& missed = truth_[i];
    if (!is_media(missed)) continue;
    const bool before_entry = missed.session == entry.session && missed.source_ms < entry.source_ms;
    const bool new_session = sent.session != truth_[last_].session;
    // A new session of the publisher begins for us at a key frame.
    const bool before_new_entry = new_session && missed.session == sent.session && sent.is_key;
    // Still catching up when the ring changed: the rest of the old one is not of interest any more.
    const bool left_behind = new_session && engine_.now() < since_ + kCatchUp;
    // Nor can anyone begin in a session before its first key frame.
    const bool before_first_key = missed.key == kNoNumber;
    // Nor is what came before the key frame that ends a hold.
    if (resumes_ || before_entry || before_new_entry || left_behind || before_first_key) continue;
    if (missed.is_in_burst) continue;
    if (rules_.healthy && !excused() && missed.arrival > excuse_ends())
      fail("I12", "a message is missing at a healthy platform", i);
  }
}

void SessionCheck::check_first(std::uint64_t number, const Sent& sent) const {
  if (!sent.is_key) fail("I3", "the session does not begin with a key frame", number);
  if (!rules_.inherited || rules_.inherited->last == kNoNumber) return;
  if (rules_.inherited->in_hold || resumes_) return;
  if (excused()) return;  // the ring may have lapped it in a moment
  const std::uint64_t last = rules_.inherited->last;
  const Sent& before = truth_[last];
  if (before.session != sent.session || before.ring != sent.ring) return;
  // Where it should have gone on, if that is still there and of use.
  const std::uint64_t key = before.key;
  if (key == kNoNumber || engine_.now() - truth_[key].arrival > kResumeAge) return;
  if (truth_[key].video_header != sent.video_header || truth_[key].audio_header != sent.audio_header) return;
  if (number > last + 1) fail("I12", "the new process left a gap", number, static_cast<std::int64_t>(last));
  if (rules_.inherited->exact && number < key)
    fail("I12", "the new process went back too far", number, static_cast<std::int64_t>(key));
}

void SessionCheck::check_headers(std::uint64_t number, const Sent& sent) const {
  const bool video = sent.kind == media::MessageKind::kVideo;
  const std::uint64_t have = video ? video_header_ : audio_header_;
  const std::uint64_t need = video ? sent.video_header : sent.audio_header;
  // A session that begins with a hold has the newest headers, which may have come behind the last key frame.
  const bool opens_with_older_key = !has_media_ && sent.is_key && have != kNoNumber && have > number;
  // A repeat with the same bytes is left out; ours all differ.
  if (have != need && !opens_with_older_key)
    fail("I3", "not the current sequence header", number, static_cast<std::int64_t>(need));
}

void SessionCheck::check_references(std::uint64_t number, const Sent& sent) {
  if (sent.kind != media::MessageKind::kVideo) return;
  if (!sent.is_key && (sent.reference == kNoNumber || sent.reference != reference_))
    fail("I4", "a frame without the one it refers to", number, static_cast<std::int64_t>(sent.reference));
  const bool new_stretch =
      !has_media_ || resumes_ || sent.session != truth_[entry_].session || number > last_ + 1;
  if (sent.is_key && new_stretch) entry_ = number;
  if (sent.is_key || !sent.is_disposable) reference_ = number;
}

void SessionCheck::check_time(std::uint64_t number, const Sent& sent, std::uint32_t timestamp_ms) {
  const std::int64_t ms = timestamp_ms;
  std::int64_t& last = last_ms_[sent.kind == media::MessageKind::kVideo ? 1 : 0];
  if (!has_media_ && !resumes_ && ms != 0) fail("I2", "the session does not begin at 0", number, ms);
  if (ms < last) fail("I1", "time went backwards", number, last - ms);
  const bool held = ms == last;
  last = ms;
  const std::int64_t offset = ms - sent.source_ms;
  // After a sleep, or a silence, much may arrive in a moment; when the ring laps us then, that is a jump of
  // the clock, too.
  const bool crowded = engine_.now() < engine_.disturbed_until() || sent.is_in_burst;
  const bool leapt = crowded && has_media_ && number > last_ + 1;
  const bool same_base =
      offset_known_ && !leapt && !resumes_ && offset_epoch_ == sent.epoch && offset_session_ == sent.session;
  if (!same_base) {
    if (sent.is_out_of_order || held) return;  // held at its predecessor's time: says nothing about the base
    offset_known_ = true;
    offset_epoch_ = sent.epoch;
    offset_session_ = sent.session;
    offset_ms_ = offset;
    rebased_at_ = engine_.now();
  } else if (held && engine_.now() < rebased_at_ + kRebasing) {
    // The tracks meet at the new offset: whoever was ahead waits for the other.
  } else if (!sent.is_out_of_order && std::abs(offset - offset_ms_) > kSkewMs) {
    fail("I2", "sound and picture part", number, offset - offset_ms_);
  }
}

void SessionCheck::check_delay(std::uint64_t number, const Sent& sent) {
  last_delay_ = engine_.now() - sent.arrival;
  if (!rules_.healthy || sent.arrival < since_ + kCatchUp || excused()) return;
  const Instant stranded = *rules_.stranded_until;
  if (sent.arrival <= stranded && sent.arrival >= stranded - milliseconds{25}) return;
  if (sent.is_in_burst) return;
  const Duration allowed = kUndisturbed + milliseconds{25} + rules_.latency;
  if (last_delay_ > allowed)
    fail("I6", "late at a healthy platform, ms", number,
         std::chrono::duration_cast<milliseconds>(last_delay_).count());
}

}  // namespace sluice::sim
