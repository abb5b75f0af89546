// Validated copies out of a ring, in the order docs/ring-format.md prescribes. Runs in relays and the ingest.
#include "ring/read_core.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "ring/words.hpp"

namespace sluice::ring {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;

// A snapshot is disturbed only when two newer ones begin while it is copied. Beyond this many in a row the
// writer is no writer of ours.
constexpr int kSnapshotAttempts = 64;

std::optional<media::MessageKind> known_kind(std::uint64_t kind) {
  switch (kind) {
    case static_cast<std::uint64_t>(media::MessageKind::kAudio):
      return media::MessageKind::kAudio;
    case static_cast<std::uint64_t>(media::MessageKind::kVideo):
      return media::MessageKind::kVideo;
    case static_cast<std::uint64_t>(media::MessageKind::kData):
      return media::MessageKind::kData;
    default:
      return std::nullopt;
  }
}

RecordHeader load_record_header(const std::byte* from) {
  std::array<std::uint8_t, sizeof(RecordHeader)> bytes{};
  load_words(from, bytes);
  RecordHeader header{};
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header;
}

Instant instant(std::uint64_t ns) {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(static_cast<std::int64_t>(ns))));
}

}  // namespace

ReadCore::ReadCore(const std::byte* memory, std::size_t data_bytes)
    : data_(memory + kHeadBytes), head_(*reinterpret_cast<const Head*>(memory)), data_bytes_(data_bytes) {}

SourceState ReadCore::state() const {
  const std::uint64_t state = head_.header.state.load(kAcquire);
  // What no version of ours writes is treated like a lost publisher: nothing more will come.
  return state > static_cast<std::uint64_t>(SourceState::kBroken) ? SourceState::kBroken
                                                                  : static_cast<SourceState>(state);
}

std::uint32_t ReadCore::generation() const {
  return generation_of(head_.header.epoch.load(kAcquire));
}
Position ReadCore::end() const {
  return head_.header.tail.load(kAcquire);
}

bool ReadCore::was_overwritten(Position position) const {
  // Pairs with the writer's release fence: had a load before this one returned an overwriting store, the
  // intent that announced it is seen here.
  std::atomic_thread_fence(kAcquire);
  return head_.header.intent.load(kRelaxed) - position > data_bytes_;
}

ReadResult ReadCore::next(Position& position, Record& record) const {
  const Position tail = end();
  if (position == tail) return ReadResult::kEmpty;
  if (position > tail || position % kWordBytes != 0 || tail - position > data_bytes_)
    return ReadResult::kLapped;

  const std::byte* const at = data_ + (position & (data_bytes_ - 1));
  const RecordHeader header = load_record_header(at);
  if (was_overwritten(position)) return ReadResult::kLapped;
  const auto kind = known_kind(header.kind);
  const std::uint64_t bytes = record_bytes(header.payload_bytes);
  if (header.position != position || !kind || bytes > data_bytes_ / kLargestRecordShare ||
      bytes > tail - position) {
    return ReadResult::kLapped;
  }
  record.payload.resize(header.payload_bytes);
  load_words(at + sizeof(RecordHeader), record.payload);
  if (was_overwritten(position)) return ReadResult::kLapped;

  record.position = position;
  record.kind = *kind;
  record.timestamp_ms = header.timestamp_ms;
  record.generation = header.generation;
  record.is_key_frame = (header.flags & kFlagKeyFrame) != 0;
  record.is_sequence_header = (header.flags & kFlagSequenceHeader) != 0;
  record.arrival = instant(header.arrival_ns);
  position += bytes;
  return ReadResult::kMessage;
}

std::optional<Entry> ReadCore::entry_at(std::uint64_t ordinal, std::uint64_t epoch) const {
  const EntrySlot& slot = head_.entries[(ordinal - 1) % kEntrySlots];
  if (slot.ordinal.load(kAcquire) != ordinal) return std::nullopt;
  const Position position = slot.position.load(kRelaxed);
  const std::uint64_t entry_epoch = slot.epoch.load(kRelaxed);
  std::atomic_thread_fence(kAcquire);
  if (slot.ordinal.load(kRelaxed) != ordinal || entry_epoch != epoch) return std::nullopt;
  if (position >= end() || was_overwritten(position)) return std::nullopt;
  return Entry{.position = position, .generation = generation_of(entry_epoch)};
}

std::optional<Entry> ReadCore::newest_entry_until(Position limit) const {
  const std::uint64_t epoch = head_.header.epoch.load(kAcquire);
  const std::uint64_t count = head_.header.entry_count.load(kAcquire);
  const std::uint64_t oldest = count > kEntrySlots ? count - kEntrySlots : 0;
  for (std::uint64_t ordinal = count; ordinal > oldest; --ordinal) {
    const auto entry = entry_at(ordinal, epoch);
    if (entry && entry->position <= limit) return entry;
  }
  return std::nullopt;
}

bool ReadCore::is_current(const Entry& entry) const {
  const auto found = newest_entry_until(entry.position);
  return found && found->position == entry.position && found->generation == entry.generation;
}

bool ReadCore::copy_stored(std::uint64_t version, std::vector<StoredMessage>& messages) const {
  const StoredCopy& copy = head_.stored[version % 2];
  const std::uint64_t count = copy.count.load(kRelaxed);
  if (count > kStoredSlots) return false;
  const auto* payloads = reinterpret_cast<const std::byte*>(copy.payloads.data());
  std::uint64_t offset = 0;
  for (std::size_t slot = 0; slot < count; ++slot) {
    const std::uint64_t size = copy.sizes[slot].load(kRelaxed);
    const auto bytes = static_cast<std::uint32_t>(size);
    const auto kind = known_kind(copy.kinds[slot].load(kRelaxed));
    if (!kind || padded(bytes) > kStoredPayloadBytes - offset) return false;
    StoredMessage& message = messages.emplace_back();
    message.kind = *kind;
    message.timestamp_ms = static_cast<std::uint32_t>(size >> 32U);
    message.payload.resize(bytes);
    load_words(payloads + offset, message.payload);
    offset += padded(bytes);
  }
  return true;
}

std::vector<StoredMessage> ReadCore::stored_messages() const {
  for (int attempt = 0; attempt < kSnapshotAttempts; ++attempt) {
    const std::uint64_t version = head_.header.stored_version.load(kAcquire);
    if (version == 0) return {};
    std::vector<StoredMessage> messages;
    const bool fits = copy_stored(version, messages);
    // Pairs with the release fence in publish_stored: the copy just read belongs to `version` unless the
    // snapshot after the next one has begun.
    std::atomic_thread_fence(kAcquire);
    if (fits && head_.header.stored_intent.load(kRelaxed) < version + 2) return messages;
  }
  return {};
}

}  // namespace sluice::ring
