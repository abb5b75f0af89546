// A source whose records are set up by hand, in the place of a ring.
#pragma once

#include <utility>
#include <vector>

#include "media/inspect.hpp"
#include "relay/message_source.hpp"

namespace sluice::relay {

inline Bytes avc_header(std::uint8_t mark = 0) {
  return {0x17, 0, 0, 0, 0, 1, 0x64, 0, mark};
}
inline Bytes aac_header() {
  return {0xAF, 0, 0x11, 0x90};
}
inline Bytes key_frame(std::uint8_t mark) {
  return {0x17, 1, 0, 0, 0, 0, 0, 0, 1, mark};
}
inline Bytes inter_frame(std::uint8_t mark) {
  return {0x27, 1, 0, 0, 0, 0, 0, 0, 1, mark};
}
inline Bytes avc_end() {
  return {0x17, 2, 0, 0, 0};
}
inline Bytes audio_frame(std::uint8_t mark) {
  return {0xAF, 1, mark};
}

// Positions are record indexes. Nothing is ever overwritten unless lap() says so. As in a ring, sound is an
// entry once a second until there is a picture, and from then on never was.
class FakeSource final : public MessageSource {
 public:
  explicit FakeSource(std::uint8_t ring = 1) { id_.bytes[0] = ring; }

  void begin(Instant now) {
    ++generation_;
    state_ = ring::SourceState::kPublishing;
    stored_.clear();
    entries_.clear();
    picture_seen_ = false;
    now_ = now;
  }
  void stop(bool cleanly) { state_ = cleanly ? ring::SourceState::kEnded : ring::SourceState::kBroken; }
  void at(Instant now) { now_ = now; }
  // Everything before `position` is overwritten.
  void lap(ring::Position position) { oldest_ = position; }

  // What stored_messages() says belongs to no entry.
  void refuse_entries(bool refuses) { refuses_entries_ = refuses; }

  void add(media::MessageKind kind, std::uint32_t timestamp_ms, Bytes payload) {
    const media::Traits traits = media::inspect({kind, timestamp_ms, payload});
    ring::Record record;
    record.position = records_.size();
    record.kind = kind;
    record.timestamp_ms = timestamp_ms;
    record.generation = generation_;
    record.is_key_frame = traits.is_key_frame;
    record.is_sequence_header = traits.is_sequence_header;
    record.arrival = now_;
    record.payload = payload;
    if (traits.is_sequence_header || traits.is_metadata) stored_.push_back({kind, timestamp_ms, payload});
    if (is_entry(record)) entries_.push_back({record.position, generation_});
    records_.push_back(std::move(record));
  }
  void video(std::uint32_t ms, Bytes payload) { add(media::MessageKind::kVideo, ms, std::move(payload)); }
  void audio(std::uint32_t ms, Bytes payload) { add(media::MessageKind::kAudio, ms, std::move(payload)); }

  ring::RingId id() const override { return id_; }
  ring::SourceState state() const override { return state_; }
  std::uint32_t generation() const override { return generation_; }
  std::optional<ring::Entry> newest_entry() const override { return entry_before(records_.size()); }
  std::optional<ring::Entry> entry_before(ring::Position position) const override {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (entry->position <= position && entry->position >= oldest_) return *entry;
    }
    return std::nullopt;
  }
  std::vector<ring::StoredMessage> stored_messages() const override { return stored_; }
  bool is_current(const ring::Entry& entry) const override {
    return !refuses_entries_ && entry.generation == generation_;
  }
  ring::ReadResult next(ring::Position& position, SharedRecord& record) const override {
    if (position < oldest_) return ring::ReadResult::kLapped;
    if (position >= records_.size()) return ring::ReadResult::kEmpty;
    record = std::make_shared<const ring::Record>(records_[position]);
    ++position;
    return ring::ReadResult::kMessage;
  }

 private:
  bool is_entry(const ring::Record& record) {
    if (record.kind == media::MessageKind::kVideo) {
      if (!std::exchange(picture_seen_, true)) entries_.clear();
      return record.is_key_frame;
    }
    if (record.kind != media::MessageKind::kAudio || record.is_sequence_header || picture_seen_) return false;
    return entries_.empty() ||
           record.arrival - records_[entries_.back().position].arrival >= kSoundEntryEvery;
  }

  static constexpr Duration kSoundEntryEvery = std::chrono::seconds{1};

  ring::RingId id_;
  ring::SourceState state_ = ring::SourceState::kIdle;
  std::uint32_t generation_ = 0;
  ring::Position oldest_ = 0;
  Instant now_{};
  std::vector<ring::Record> records_;
  std::vector<ring::StoredMessage> stored_;
  std::vector<ring::Entry> entries_;
  bool picture_seen_ = false;
  bool refuses_entries_ = false;
};

}  // namespace sluice::relay
