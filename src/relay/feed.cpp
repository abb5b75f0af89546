// See the header.
#include "relay/feed.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "media/same_format.hpp"

namespace sluice::relay {
namespace {

constexpr int kMaxSeeks = 4;  // per call of next(): a writer that laps us at once will not stop doing so
constexpr std::size_t kMaxSentHeaders = 64;
constexpr std::int64_t kMaxHeaderDistanceMs = 1'000;
// What goes on behind something is moved there, and some sources send ahead of the clock. Each hold waits so
// long for it at most, else every break would leave the platform with more to play.
constexpr std::int64_t kMaxAheadMs = 500;
// A source that is no further behind its own clock is late by its network's jitter only.
constexpr std::int64_t kCaughtUpMs = 500;

bool has(const auto& headers, media::MessageKind kind) {
  return std::ranges::any_of(headers, [kind](const auto& header) { return header.kind == kind; });
}

}  // namespace

void Feed::use_source(const MessageSource* source) {
  source_ = source;
  source_lost_ = false;
  for (SentHeader& sent : sent_headers_) sent.generation = 0;  // each ring counts its own, from 1 on
  keys_ = {};
  past_.reset();
  awaits_picture_ = false;
  heard_.reset();
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
  keys_ = {};
  session_started_ = false;
  needs_new_session_ = awaits_picture_ = false;
  floor_ms_ = last_sent_ms_ = 0;
  reached_ = {};
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
  return control::Progress{source_->id(), record_waits_ ? record_->position : *cursor_};
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
    if (needs_new_session_ || (stops_at_entries_ && is_at_entry())) return std::nullopt;
    if (!headers_.empty()) {
      header_ = std::move(headers_.back());
      headers_.pop_back();
      if (auto out = admit({header_.kind, record_->timestamp_ms, header_.payload}, now)) return out;
      continue;
    }
    if (record_waits_) {
      record_waits_ = false;
      if (auto out = admit_record(now)) return out;
    }
    if (!cursor_) {
      ++seeks;
      if (!seek(now)) return std::nullopt;
      continue;
    }
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
    if (record_->generation != generation_) {
      cursor_.reset();
      continue;
    }
    last_arrival_ = record_->arrival;
    if (auto out = admit_record(now)) return out;
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
  if (!same_publisher && session_started_ && !headers_fit(now)) {
    cursor_.reset();
    headers_.clear();
    return false;
  }
  last_arrival_ = record_->arrival;
  if (!same_publisher) {
    keys_ = {};
    ++publishers_;
  }
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
      record_->generation != entry.generation) {
    return false;
  }
  if (resume_ && now - record_->arrival > kMaxResumeAge) return false;
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
  if (session_started_)
    std::erase_if(headers_, [&](const auto& stored) { return is_old_metadata(stored, same_publisher); });
  // Anew even after a mere lap: what each track would make of the gap by itself could part them.
  const media::Traits traits = media::inspect(record_->view());
  floor_ms_ = time_of_entry(same_publisher);
  if (session_started_)
    floor_ms_ = std::max(floor_ms_, reached_.next_ms(traits.composition_ms));
  else
    began_at_ = record_->arrival;
  timeline_.anchor(record_->timestamp_ms, floor_ms_);
  session_started_ = true;
  std::ranges::reverse(headers_);
}

// What was said of this publisher, or is said of another one in the same words. Some take metadata in the
// middle of a session for the beginning of another track (FFmpeg's FLV reader).
bool Feed::is_old_metadata(const ring::StoredMessage& stored, bool same_publisher) {
  if (stored.kind != media::MessageKind::kData) return false;
  const SentHeader* sent = find_sent(stored.kind, 0);
  return same_publisher || (sent != nullptr && sent->payload == stored.payload);
}

std::int64_t Feed::time_of_entry(bool same_publisher) const {
  if (!session_started_) return 0;
  const std::int64_t passed = std::max<std::int64_t>(1, whole_ms(record_->arrival - last_sent_at_));
  if (same_publisher) {
    const std::int64_t going_on = timeline_.peek(record_->timestamp_ms) - last_sent_ms_;
    if (going_on >= 0 && going_on <= passed + kMaxRunAheadMs) return last_sent_ms_ + going_on;
  }
  return last_sent_ms_ + passed;
}

std::optional<Outgoing> Feed::admit_record(Instant now) {
  auto out = admit(record_->view(), now);
  if (out) out->owner = std::move(record_);
  return out;
}

// `message` is record_, or a stored header that goes before it.
std::optional<Outgoing> Feed::admit(const media::MessageView& message, Instant now) {
  const media::Traits traits = media::inspect(message);
  if (traits.is_empty || (traits.codec == media::Codec::kAvc && traits.is_end_of_sequence))
    return std::nullopt;
  const bool is_frame = message.kind != media::MessageKind::kData && !traits.is_sequence_header;
  std::int64_t session_ms = 0;
  if (is_frame) {
    session_ms = timeline_.map({message.kind, traits.track}, message.timestamp_ms, record_->arrival);
    if (!admit_frame(traits, session_ms, now)) return std::nullopt;
  } else {
    session_ms = std::max(time_of_header(message.timestamp_ms), floor_ms_);
    if (traits.is_sequence_header && !admit_header(message, traits)) return std::nullopt;
    if (traits.is_sequence_header || traits.is_metadata) note_sent(message.kind, message.payload);
    thinner_.note_header(message, traits);
  }
  return Outgoing{
      {message.kind, static_cast<std::uint32_t>(session_ms), message.payload}, record_->arrival, is_frame};
}

bool Feed::admit_frame(const media::Traits& traits, std::int64_t session_ms, Instant now) {
  if (session_ms < floor_ms_) return false;
  if (!thinner_.keeps(*record_, traits, now - std::max(record_->arrival, entered_at_), *source_))
    return false;
  last_sent_ms_ = std::max(last_sent_ms_, session_ms);
  last_sent_at_ = record_->arrival;
  if (record_->kind == media::MessageKind::kAudio) {
    reached_.note_audio(session_ms);
  } else {
    reached_.note_video(session_ms, traits.composition_ms, traits.is_key_frame);
    if (traits.is_key_frame && traits.track == 0) keys_.note(record_->position);
  }
  return true;
}

// Headers and metadata never move the clock, and a time far from the frames' is none: OBS stamps them 0.
std::int64_t Feed::time_of_header(std::uint32_t timestamp_ms) const {
  const std::int64_t stamped = timeline_.peek(timestamp_ms);
  return std::abs(stamped - last_sent_ms_) <= kMaxHeaderDistanceMs ? stamped : last_sent_ms_;
}

Feed::SentHeader* Feed::find_sent(media::MessageKind kind, std::uint8_t track) {
  const auto sent = std::ranges::find_if(
      sent_headers_, [&](const SentHeader& header) { return header.kind == kind && header.track == track; });
  return sent == sent_headers_.end() ? nullptr : &*sent;
}

const Bytes* Feed::sent_header(media::MessageKind kind) {
  const SentHeader* sent = find_sent(kind, 0);
  return sent == nullptr ? nullptr : &sent->payload;
}

void Feed::note_sent(media::MessageKind kind, ByteView payload) {
  const std::uint8_t track = media::inspect({kind, 0, payload}).track;
  if (SentHeader* sent = find_sent(kind, track)) {
    sent->payload.assign(payload.begin(), payload.end());
    sent->generation = generation_;
  } else if (sent_headers_.size() < kMaxSentHeaders) {
    sent_headers_.push_back({kind, track, generation_, {payload.begin(), payload.end()}});
  }
}

// Not a repeat of the session's; and of a publisher who is new to it, not of another format: what comes
// behind his first key frame was not seen when the others were compared.
bool Feed::admit_header(const media::MessageView& message, const media::Traits& traits) {
  SentHeader* sent = find_sent(message.kind, traits.track);
  if (sent == nullptr) return true;
  if (std::ranges::equal(sent->payload, message.payload)) {
    sent->generation = generation_;
    return false;
  }
  needs_new_session_ = sent->generation != generation_ && !fits_session(message);
  return !needs_new_session_;
}

// ---- while the source is away -------------------------------------------------------------------------

bool Feed::is_new_publisher() const {
  return !publisher_known_ || source_->generation() != generation_;
}

std::optional<Instant> Feed::silent_from() const {
  if (source_ == nullptr || !session_started_) return std::nullopt;
  return last_arrival_ + (is_new_publisher() ? kSpliceAfter : kSilentAfter);
}

void Feed::close_show() {
  if (source_ != nullptr) past_ = source_->newest_entry();
}

bool Feed::has_news() const {
  if (!source_is_publishing()) return false;
  const auto entry = source_->newest_entry();
  if (!past_) return true;
  return entry && (entry->generation != past_->generation || entry->position > past_->position);
}

Absence Feed::absence(Instant now) const {
  const auto state = source_state();
  if (state == ring::SourceState::kEnded) return Absence::kEnded;
  if (state != ring::SourceState::kPublishing) return Absence::kBroken;
  const auto silent = silent_from();
  if (!silent || now < *silent || has_unread()) return Absence::kNone;
  return is_new_publisher() ? Absence::kBroken : Absence::kSilent;  // who has just called is not silent
}

bool Feed::has_unread() const {
  if (source_ == nullptr) return false;
  if (record_waits_ || !headers_.empty()) return true;
  if (!cursor_) return !awaits_picture_ && choose_entry().has_value();
  ring::Position position = *cursor_;
  SharedRecord record;
  const ring::ReadResult result = source_->next(position, record);
  if (result != ring::ReadResult::kMessage) return result == ring::ReadResult::kLapped;
  return record->generation == generation_ || (!awaits_picture_ && choose_entry().has_value());
}

std::optional<Remains> Feed::remains() const {
  if (source_ == nullptr) return std::nullopt;
  if (!session_started_) return newest_remains();
  Remains remains = read_remains(*source_, keys_);
  remains.last_arrival = std::max(remains.last_arrival, last_arrival_);
  for (const SentHeader& sent : sent_headers_) remains.headers.push_back({sent.kind, 0, sent.payload});
  return remains;
}

std::optional<Remains> Feed::newest_remains() const {
  return source_ == nullptr ? std::nullopt : read_remains(*source_);
}

std::int64_t Feed::clock_ms(Instant now) const {
  if (!session_started_) return 0;
  const std::int64_t going_on = last_sent_ms_ + whole_ms(now - last_sent_at_);
  return going_on - std::clamp<std::int64_t>(going_on - whole_ms(now - began_at_), 0, kMaxAheadMs);
}

bool Feed::has_returned(const Hold& hold, Instant now) {
  if (source_ == nullptr) return false;
  const auto entry = source_->newest_entry();
  if (!entry || entry->generation != source_->generation()) return false;
  const bool publishes = source_is_publishing();
  if (is_new_publisher()) {
    const bool lacks_picture = note_picture(source_->stored_messages(), now);
    const bool was_there = (publisher_known_ || session_started_) && !lacks_picture;  // and is gone again
    return !awaits_picture_ && (publishes || was_there);
  }
  return publishes ? has_caught_up(*entry, hold, now) : cursor_ && entry->position >= *cursor_;
}

// The same connection brings something again: first what it could not send before. The time of its clock has
// gone on meanwhile, so the key frame that may follow is the one that lies behind the hold.
bool Feed::has_caught_up(const ring::Entry& entry, const Hold& hold, Instant now) const {
  if (!cursor_ || entry.position < *cursor_) return false;
  ring::Position position = entry.position;
  SharedRecord key;
  if (source_->next(position, key) != ring::ReadResult::kMessage) return false;
  const auto composition_ms = media::inspect(key->view()).composition_ms;
  const std::int64_t behind_ms = hold.reached().next_ms(composition_ms) - timeline_.peek(key->timestamp_ms);
  if (behind_ms <= kCaughtUpMs) return true;
  position = *cursor_;
  SharedRecord first;
  return source_->next(position, first) != ring::ReadResult::kMessage || now - first->arrival >= kCatchUp;
}

void Feed::go_on_behind(const Hold& hold) {
  cursor_.reset();
  record_waits_ = false;
  headers_.clear();
  if (!std::exchange(session_started_, true)) began_at_ = hold.moment_of(0);
  reached_ = hold.reached();
  last_sent_ms_ = std::max({reached_.video_ms, reached_.audio_ms, last_sent_ms_});
  last_sent_at_ = hold.moment_of(last_sent_ms_);
}

// Some encoders are heard before they are seen. Whether a new publisher with these headers, in a session with
// pictures, has none; awaits_picture_ says whether it may still have.
bool Feed::note_picture(const std::vector<ring::StoredMessage>& headers, Instant now) {
  const bool lacks_picture =
      has(sent_headers_, media::MessageKind::kVideo) && !has(headers, media::MessageKind::kVideo);
  const std::uint32_t generation = source_->generation();
  if (lacks_picture && (!heard_ || heard_->generation != generation)) heard_ = Heard{generation, now};
  awaits_picture_ = lacks_picture && now - heard_->since < kSilentAfter;
  return lacks_picture;
}

// Whether the headers of a new publisher, read but not sent, may follow those of this session.
bool Feed::headers_fit(Instant now) {
  const bool picture_is_missing = note_picture(headers_, now);
  if (awaits_picture_) return false;
  const auto is_new = [&](media::MessageKind kind) {
    return has(headers_, kind) && !has(sent_headers_, kind);
  };
  needs_new_session_ =
      picture_is_missing || is_new(media::MessageKind::kVideo) || is_new(media::MessageKind::kAudio) ||
      !std::ranges::all_of(
          headers_, [&](const auto& header) { return fits_session({header.kind, 0, header.payload}); });
  return !needs_new_session_;
}

bool Feed::fits_session(const media::MessageView& header) {
  if (header.kind == media::MessageKind::kData) return true;
  const SentHeader* sent = find_sent(header.kind, media::inspect(header).track);
  return sent == nullptr || media::same_format({sent->kind, 0, sent->payload}, header);
}

}  // namespace sluice::relay
