// A ring whose every field a test writes itself, through the structures of layout.hpp, without the writer.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "os/shared_memory.hpp"
#include "ring/layout.hpp"
#include "ring/read_core.hpp"

namespace sluice::ring {

inline constexpr std::size_t kSmallRing = kMinDataBytes;
inline constexpr std::uint64_t kLargestPayload = kSmallRing / kLargestRecordShare - sizeof(RecordHeader);

inline Bytes pattern(std::size_t size, std::uint8_t first = 0) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7);
  return bytes;
}

class HandmadeRing {
 public:
  HandmadeRing() {
    auto created = os::create_shared_memory("handmade", kHeadBytes + kSmallRing);
    EXPECT_TRUE(created);
    fd = std::move(*created);
    auto mapped = os::Mapping::map_ring(fd.get(), kHeadBytes, kSmallRing, os::Access::kReadWrite);
    EXPECT_TRUE(mapped);
    mapping = std::move(*mapped);
    header().magic = kMagic;
    header().version = kVersion;
    header().head_bytes = kHeadBytes;
    header().data_bytes = kSmallRing;
  }

  Head& head() { return *reinterpret_cast<Head*>(mapping.data()); }
  Header& header() { return head().header; }
  ReadCore reader() { return {mapping.data(), kSmallRing}; }

  void set_window(Position intent, Position tail) {
    header().intent = intent;
    header().tail = tail;
  }
  // Puts a record at `position`; what is returned can be changed, and put there again.
  RecordHeader put_record(Position position, const Bytes& payload) {
    RecordHeader record{.position = position,
                        .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                        .timestamp_ms = 40,
                        .generation = 1,
                        .kind = 9,
                        .flags = kFlagKeyFrame,
                        .zero = 0,
                        .arrival_ns = 1234};
    put_header(position, record);
    if (!payload.empty()) std::memcpy(at(position) + sizeof(record), payload.data(), payload.size());
    return record;
  }
  void put_header(Position position, const RecordHeader& record) {
    std::memcpy(at(position), &record, sizeof(record));
  }
  void put_entry(std::uint64_t number, Position position, std::uint64_t epoch) {
    EntrySlot& slot = head().entries[number % kEntrySlots];
    slot.ordinal = number + 1;
    slot.position = position;
    slot.epoch = epoch;
    header().entry_count = number + 1;
  }

  UniqueFd fd;
  os::Mapping mapping;

 private:
  std::byte* at(Position position) { return mapping.data() + kHeadBytes + position % kSmallRing; }
};

}  // namespace sluice::ring
