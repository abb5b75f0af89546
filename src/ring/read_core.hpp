// The reader's half of the ring protocol, on memory that someone else has mapped. Runs in relays and in the
// ingest; tests run it on memory they have laid out by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ring/layout.hpp"
#include "ring/reader.hpp"
#include "ring/ring.hpp"

namespace sluice::ring {

class ReadCore {
 public:
  // `memory` is mapped as a ring of `data_bytes`; it must outlive this.
  // REQUIRES: data_size_is_valid(data_bytes); the caller has checked it against the file.
  ReadCore(const std::byte* memory, std::size_t data_bytes);

  SourceState state() const;
  std::uint32_t generation() const;
  Position end() const;
  // The newest entry that counts and lies at or before `limit`.
  std::optional<Entry> newest_entry_until(Position limit) const;
  bool is_current(const Entry& entry) const;
  std::vector<StoredMessage> stored_messages() const;
  ReadResult next(Position& position, Record& record) const;

 private:
  // Whether the bytes from `position` on are still those written there. Call after reading them.
  bool was_overwritten(Position position) const;
  std::optional<Entry> entry_at(std::uint64_t ordinal, std::uint64_t epoch) const;
  // False: a length in it does not fit.
  bool copy_stored(std::uint64_t version, std::vector<StoredMessage>& messages) const;

  // Constant after construction.
  const std::byte* data_;
  const Head& head_;
  std::size_t data_bytes_;
};

}  // namespace sluice::ring
