// See the header.
#include "relay/feed.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sluice::relay {
namespace {

constexpr int kMaxSeeks = 4;  // per call of next(): a writer that laps us at once will not stop doing so
constexpr std::size_t kMaxSentHeaders = 64;
// What a key frame needed beyond this is given back, in every relay.
constexpr std::size_t kKeptPayloadBytes = 64U << 10U;
constexpr std::int64_t kMaxHeaderDistanceMs = 1'000;

}  // namespace

void Feed::use_source(const MessageSource* source) {
  source_ = source;
  source_lost_ = false;
  cursor_.reset();
  publisher_known_ = false;
  record_waits_ = false;
  headers_.clear();
}

void Feed::begin_session() {
  cursor_.reset();
  record_waits_ = false;
  headers_.clear();
  sent_headers_.clear();
  session_started_ = false;
  floor_ms_ = last_sent_ms_ = 0;
}

bool Feed::source_is_publishing() const {
  return source_state() == ring::SourceState::kPublishing;
}

std::optional<ring::SourceState> Feed::source_state() const {
  if (source_ == nullptr) return std::nullopt;
  const ring::SourceState state = source_->state();
  return source_lost_ && state == ring::SourceState::kPublishing ? ring::SourceState::kBroken : state;
}

std::optional<control::Progress> Feed::position() const {
  if (source_ == nullptr || !cursor_) return std::nullopt;
  return control::Progress{source_->id(), record_waits_ ? record_.position : *cursor_};
}

bool Feed::is_at_entry() const {
  if (source_ == nullptr || !cursor_) return false;
  if (record_waits_) return true;
  const auto entry = source_->entry_before(*cursor_);
  return entry && entry->position == *cursor_ && entry->generation == source_->generation();
}

std::optional<Outgoing> Feed::next(Instant now) {
  if (source_ == nullptr) return std::nullopt;
  for (int seeks = 0; seeks < kMaxSeeks;) {
    if (stops_at_entries_ && is_at_entry()) return std::nullopt;
    if (!headers_.empty()) {
      header_ = std::move(headers_.back());
      headers_.pop_back();
      if (auto out = admit({header_.kind, record_.timestamp_ms, header_.payload}, now)) return out;
      continue;
    }
    if (record_waits_) {
      record_waits_ = false;
      if (auto out = admit(record_.view(), now)) return out;
    }
    if (!cursor_) {
      ++seeks;
      if (!seek(now)) return std::nullopt;
      continue;
    }
    if (record_.payload.capacity() > kKeptPayloadBytes) record_.payload = Bytes();
    switch (source_->next(*cursor_, record_)) {
      case ring::ReadResult::kEmpty:
        return std::nullopt;
      case ring::ReadResult::kLapped:
        ++laps_;
        cursor_.reset();
        continue;
      case ring::ReadResult::kMessage:
        break;
    }
    if (record_.generation != generation_) {
      cursor_.reset();
      continue;
    }
    if (auto out = admit(record_.view(), now)) return out;
  }
  return std::nullopt;
}

bool Feed::seek(Instant now) {
  auto entry = choose_entry();
  const bool resuming = resume_.has_value();
  if (!entry || !read_entry(*entry, now)) {
    if (!resuming) return false;
    resume_.reset();
    return seek(now);
  }
  resume_.reset();
  const bool same_publisher = publisher_known_ && entry->generation == generation_;
  generation_ = entry->generation;
  publisher_known_ = true;
  enter(same_publisher, now);
  return true;
}

std::optional<ring::Entry> Feed::choose_entry() const {
  const auto current = [this](std::optional<ring::Entry> entry) -> std::optional<ring::Entry> {
    // An entry of an earlier publisher is the past: wait for the new one's first key frame.
    return entry && entry->generation == source_->generation() ? entry : std::nullopt;
  };
  if (resume_ && resume_->ring_id == source_->id()) return current(source_->entry_before(resume_->position));
  return current(source_->newest_entry());
}

bool Feed::read_entry(const ring::Entry& entry, Instant now) {
  ring::Position behind = entry.position;
  if (source_->next(behind, record_) != ring::ReadResult::kMessage ||
      record_.generation != entry.generation) {
    return false;
  }
  if (resume_ && now - record_.arrival > kMaxResumeAge) return false;
  headers_ = source_->stored_messages();
  if (!source_->is_current(entry)) {  // changed meanwhile; another wake-up follows
    headers_.clear();
    return false;
  }
  cursor_ = behind;
  return true;
}

// record_ is the entry, read but not sent.
void Feed::enter(bool same_publisher, Instant now) {
  record_waits_ = true;
  entered_at_ = now;
  thinner_.begin();
  if (same_publisher && session_started_) {  // overtaken by the ring: metadata goes on
    std::erase_if(headers_, [](const auto& stored) { return stored.kind == media::MessageKind::kData; });
  }
  // Anew even after a mere lap: what each track would make of the gap by itself could part them.
  floor_ms_ = time_of_entry(same_publisher);
  timeline_.anchor(record_.timestamp_ms, floor_ms_);
  session_started_ = true;
  std::ranges::reverse(headers_);
}

std::int64_t Feed::time_of_entry(bool same_publisher) const {
  if (!session_started_) return 0;
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(record_.arrival - last_arrival_);
  const std::int64_t passed = std::max<std::int64_t>(1, away.count());
  if (same_publisher) {
    const std::int64_t going_on = timeline_.peek(record_.timestamp_ms) - last_sent_ms_;
    if (going_on >= 0 && going_on <= passed + kMaxRunAheadMs) return last_sent_ms_ + going_on;
  }
  return last_sent_ms_ + passed;
}

// `message` is record_, or a stored header that goes before it.
std::optional<Outgoing> Feed::admit(const media::MessageView& message, Instant now) {
  const media::Traits traits = media::inspect(message);
  if (traits.is_empty || (traits.codec == media::Codec::kAvc && traits.is_end_of_sequence))
    return std::nullopt;
  const bool is_frame = message.kind != media::MessageKind::kData && !traits.is_sequence_header;
  std::int64_t session_ms = 0;
  if (is_frame) {
    session_ms = timeline_.map({message.kind, traits.track}, message.timestamp_ms, record_.arrival);
    if (!admit_frame(traits, session_ms, now)) return std::nullopt;
  } else {
    session_ms = std::max(time_of_header(message.timestamp_ms), floor_ms_);
    if (traits.is_sequence_header && is_repeated_header(message, traits)) return std::nullopt;
    thinner_.note_header(message, traits);
  }
  return Outgoing{
      {message.kind, static_cast<std::uint32_t>(session_ms), message.payload}, record_.arrival, is_frame};
}

bool Feed::admit_frame(const media::Traits& traits, std::int64_t session_ms, Instant now) {
  if (session_ms < floor_ms_) return false;
  if (!thinner_.keeps(record_, traits, now - std::max(record_.arrival, entered_at_), *source_)) return false;
  last_sent_ms_ = std::max(last_sent_ms_, session_ms);
  last_arrival_ = record_.arrival;
  return true;
}

// Headers and metadata never move the clock, and a time far from the frames' is none: OBS stamps them 0.
std::int64_t Feed::time_of_header(std::uint32_t timestamp_ms) const {
  const std::int64_t stamped = timeline_.peek(timestamp_ms);
  return std::abs(stamped - last_sent_ms_) <= kMaxHeaderDistanceMs ? stamped : last_sent_ms_;
}

bool Feed::is_repeated_header(const media::MessageView& message, const media::Traits& traits) {
  const auto same_track = [&](const SentHeader& sent) {
    return sent.kind == message.kind && sent.track == traits.track;
  };
  const auto sent = std::ranges::find_if(sent_headers_, same_track);
  if (sent == sent_headers_.end()) {
    if (sent_headers_.size() < kMaxSentHeaders) {
      sent_headers_.push_back({message.kind, traits.track, {message.payload.begin(), message.payload.end()}});
    }
    return false;
  }
  if (std::ranges::equal(sent->payload, message.payload)) return true;
  sent->payload.assign(message.payload.begin(), message.payload.end());
  return false;
}

}  // namespace sluice::relay
