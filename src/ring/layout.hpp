// The bytes of a ring: constants and structures of docs/ring-format.md, which draws them and says why each
// memory order is what it is. Shared by the writer (ingest) and the readers (relays).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sluice::ring {

inline constexpr std::uint64_t kMagic = 0x0031474E49524C53;  // "SLRING1\0"
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

// Limits. A quarter: a reader that is woken for the largest message has as much time again before it is
// lapped.
inline constexpr std::size_t kMinDataBytes = 64U << 10U;
inline constexpr std::size_t kMaxDataBytes = std::size_t{4} << 30U;
inline constexpr std::size_t kLargestRecordShare = 4;
inline constexpr std::size_t kEntrySlots = 256;
inline constexpr std::size_t kStoredSlots = 32;
inline constexpr std::size_t kStoredPayloadBytes = 512U << 10U;

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == kWordBytes);

struct Header {
  // Constant after construction.
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t head_bytes;
  std::uint64_t data_bytes;
  std::array<std::uint8_t, 16> id;
  // Written by the ingest only, read racily by relays; a line each for the two that move per message.
  alignas(64) Word intent;
  alignas(64) Word tail;
  alignas(64) Word epoch;  // generation << 32 | headers version
  Word state;
  Word entry_count;
  Word stored_intent;
  Word stored_version;
};

struct EntrySlot {
  Word ordinal;  // entry number + 1; 0 while it is written
  Word position;
  Word epoch;
  Word zero;
};

struct StoredCopy {
  std::array<Word, kStoredSlots> sizes;  // payload_bytes | timestamp_ms << 32
  std::array<Word, kStoredSlots> kinds;
  Word count;
  std::array<Word, 191> zero;
  std::array<Word, kStoredPayloadBytes / kWordBytes> payloads;
};

struct Head {
  Header header;
  std::array<std::byte, 4096 - sizeof(Header)> unused;
  std::array<EntrySlot, kEntrySlots> entries;
  std::array<StoredCopy, 2> stored;
};

struct RecordHeader {
  std::uint64_t position;
  std::uint32_t payload_bytes;
  std::uint32_t timestamp_ms;
  std::uint32_t generation;
  std::uint8_t kind;
  std::uint8_t flags;
  std::uint16_t zero;
  std::uint64_t arrival_ns;
};
inline constexpr std::uint8_t kFlagKeyFrame = 1;
inline constexpr std::uint8_t kFlagSequenceHeader = 2;

static_assert(offsetof(Header, id) == 24);
static_assert(offsetof(Header, intent) == 64);
static_assert(offsetof(Header, tail) == 128);
static_assert(offsetof(Header, epoch) == 192);
static_assert(offsetof(Header, state) == 200);
static_assert(offsetof(Header, entry_count) == 208);
static_assert(offsetof(Header, stored_intent) == 216);
static_assert(offsetof(Header, stored_version) == 224);
static_assert(sizeof(Header) == 256);
static_assert(sizeof(EntrySlot) == 32);
static_assert(offsetof(StoredCopy, payloads) == 2048);
static_assert(offsetof(Head, entries) == 4096);
static_assert(offsetof(Head, stored) == 12288);
static_assert(sizeof(RecordHeader) == 32);

inline constexpr std::size_t kHeadBytes = sizeof(Head);
static_assert(kHeadBytes == 1064960 && kHeadBytes % 4096 == 0);

// A power of two within the limits; all such are multiples of the page size.
constexpr bool data_size_is_valid(std::uint64_t bytes) {
  return bytes >= kMinDataBytes && bytes <= kMaxDataBytes && (bytes & (bytes - 1)) == 0;
}
constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kWordBytes - 1) & ~(kWordBytes - 1);
}
// What a message takes in the ring.
constexpr std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return sizeof(RecordHeader) + padded(payload_bytes);
}
constexpr std::uint64_t make_epoch(std::uint32_t generation, std::uint32_t headers_version) {
  return (std::uint64_t{generation} << 32U) | headers_version;
}
constexpr std::uint32_t generation_of(std::uint64_t epoch) {
  return static_cast<std::uint32_t>(epoch >> 32U);
}

}  // namespace sluice::ring
