// Writing records, entries and stored messages in the order docs/ring-format.md prescribes. Runs in the
// ingest.
#include "ring/write_core.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "base/check.hpp"
#include "ring/words.hpp"

namespace sluice::ring {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kRelease = std::memory_order_release;
constexpr Duration kAudioEntryEvery = std::chrono::seconds{1};

std::uint64_t nanoseconds(Instant instant) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count());
}

bool same_bytes(const Bytes& a, ByteView b) {
  return std::ranges::equal(a, b);
}

}  // namespace

WriteCore::WriteCore(std::byte* memory, std::size_t data_bytes, const RingId& id)
    : memory_(memory), head_(*reinterpret_cast<Head*>(memory)), data_bytes_(data_bytes) {
  SLUICE_CHECK(data_size_is_valid(data_bytes));
  head_.header.magic = kMagic;
  head_.header.version = kVersion;
  head_.header.head_bytes = static_cast<std::uint32_t>(kHeadBytes);
  head_.header.data_bytes = data_bytes;
  head_.header.id = id.bytes;
}

void WriteCore::change_epoch(std::uint32_t generation) {
  generation_ = generation;
  ++headers_version_;
  head_.header.epoch.store(make_epoch(generation_, headers_version_), kRelease);
}

void WriteCore::begin_generation() {
  change_epoch(generation_ + 1);
  stored_.clear();
  publish_stored();
  video_seen_ = false;
  last_audio_entry_.reset();
  set_state(SourceState::kPublishing);
}

void WriteCore::set_state(SourceState state) {
  head_.header.state.store(static_cast<std::uint64_t>(state), kRelease);
}

std::expected<Position, RingError> WriteCore::append(const media::MessageView& message,
                                                     const media::Traits& traits, Instant arrival) {
  if (record_bytes(message.payload.size()) > data_bytes_ / kLargestRecordShare) {
    return std::unexpected(RingError::kMessageTooLarge);
  }
  if (message.kind == media::MessageKind::kVideo) note_video();
  if (traits.is_sequence_header || traits.is_metadata) keep(message, traits);

  const Position position = tail_;
  const auto flags = static_cast<std::uint8_t>((traits.is_key_frame ? kFlagKeyFrame : 0) |
                                               (traits.is_sequence_header ? kFlagSequenceHeader : 0));
  write_record(message, flags, arrival);
  if (is_entry(message, traits, arrival)) add_entry(position);
  return position;
}

void WriteCore::write_record(const media::MessageView& message, std::uint8_t flags, Instant arrival) {
  const std::uint64_t end = tail_ + record_bytes(message.payload.size());
  head_.header.intent.store(end, kRelaxed);
  // Whoever sees one of the stores below also sees the intent above.
  std::atomic_thread_fence(kRelease);
  const RecordHeader header{.position = tail_,
                            .payload_bytes = static_cast<std::uint32_t>(message.payload.size()),
                            .timestamp_ms = message.timestamp_ms,
                            .generation = generation_,
                            .kind = static_cast<std::uint8_t>(message.kind),
                            .flags = flags,
                            .zero = 0,
                            .arrival_ns = nanoseconds(arrival)};
  std::array<std::uint8_t, sizeof(header)> header_bytes{};
  std::memcpy(header_bytes.data(), &header, sizeof(header));
  std::byte* const record = memory_ + kHeadBytes + (tail_ & (data_bytes_ - 1));
  store_words(record, header_bytes);
  store_words(record + sizeof(header), message.payload);
  // Whoever sees this tail sees the whole record.
  head_.header.tail.store(end, kRelease);
  tail_ = end;
}

// Audio entries were right while there seemed to be no video; from its first message on they would begin in
// the middle of a picture.
void WriteCore::note_video() {
  if (!video_seen_ && last_audio_entry_) change_epoch(generation_);
  video_seen_ = true;
}

void WriteCore::keep(const media::MessageView& message, const media::Traits& traits) {
  const bool is_metadata = traits.is_metadata;
  const auto same_place = [&](const Stored& stored) {
    return is_metadata ? stored.is_metadata
                       : !stored.is_metadata && stored.kind == message.kind && stored.track == traits.track;
  };
  const auto found = std::ranges::find_if(stored_, same_place);
  const bool replaces = found != stored_.end();
  if (replaces && same_bytes(found->payload, message.payload)) return;

  // First the epoch, then the snapshot: a reader that sees the new headers also sees that its entry is void.
  if (replaces && !is_metadata) change_epoch(generation_);
  if (replaces) {
    found->timestamp_ms = message.timestamp_ms;
    found->payload.assign(message.payload.begin(), message.payload.end());
  } else {
    const auto where = is_metadata ? stored_.begin() : stored_.end();
    stored_.insert(where, {message.kind, traits.track, is_metadata, message.timestamp_ms,
                           Bytes(message.payload.begin(), message.payload.end())});
  }
  std::uint64_t bytes = 0;
  for (const Stored& stored : stored_) bytes += padded(stored.payload.size());
  if (bytes > kStoredPayloadBytes || stored_.size() > kStoredSlots) {
    stored_.erase(std::ranges::find_if(stored_, same_place));
  }
  publish_stored();
}

void WriteCore::publish_stored() {
  ++stored_version_;
  head_.header.stored_intent.store(stored_version_, kRelaxed);
  // As with records: whoever sees a store below sees that this copy is being rewritten.
  std::atomic_thread_fence(kRelease);
  StoredCopy& copy = head_.stored[stored_version_ % 2];
  auto* payload = reinterpret_cast<std::byte*>(copy.payloads.data());
  std::size_t slot = 0;
  for (const Stored& stored : stored_) {
    const std::uint64_t size = stored.payload.size() | (std::uint64_t{stored.timestamp_ms} << 32U);
    copy.sizes[slot].store(size, kRelaxed);
    copy.kinds[slot].store(static_cast<std::uint64_t>(stored.kind), kRelaxed);
    store_words(payload, stored.payload);
    payload += padded(stored.payload.size());
    ++slot;
  }
  copy.count.store(slot, kRelaxed);
  head_.header.stored_version.store(stored_version_, kRelease);
}

bool WriteCore::is_entry(const media::MessageView& message, const media::Traits& traits, Instant arrival) {
  if (message.kind == media::MessageKind::kVideo) return traits.is_key_frame;
  if (message.kind != media::MessageKind::kAudio || video_seen_) return false;
  if (traits.is_sequence_header || traits.is_end_of_sequence || traits.is_empty) return false;
  if (last_audio_entry_ && arrival - *last_audio_entry_ < kAudioEntryEvery) return false;
  last_audio_entry_ = arrival;
  return true;
}

void WriteCore::add_entry(Position position) {
  EntrySlot& slot = head_.entries[entry_count_ % kEntrySlots];
  slot.ordinal.store(0, kRelaxed);
  // Whoever sees a new field below an old ordinal would take a mixture: it must see the zero as well.
  std::atomic_thread_fence(kRelease);
  slot.position.store(position, kRelaxed);
  slot.epoch.store(make_epoch(generation_, headers_version_), kRelaxed);
  ++entry_count_;
  slot.ordinal.store(entry_count_, kRelease);
  head_.header.entry_count.store(entry_count_, kRelease);
}

}  // namespace sluice::ring
