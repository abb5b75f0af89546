// Where the machine takes its messages from. A ring is one such source; a delay will be another.
// Positions and entries are those of ring::Reader.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ring/reader.hpp"

namespace sluice::relay {

// Whoever keeps one keeps the source from using its memory again.
using SharedRecord = std::shared_ptr<const ring::Record>;

class MessageSource {
 public:
  virtual ~MessageSource() = default;
  virtual ring::RingId id() const = 0;
  virtual ring::SourceState state() const = 0;
  virtual std::uint32_t generation() const = 0;
  virtual std::optional<ring::Entry> newest_entry() const = 0;
  virtual std::optional<ring::Entry> entry_before(ring::Position position) const = 0;
  virtual std::vector<ring::StoredMessage> stored_messages() const = 0;
  // Asked after stored_messages(): whether those still belong to the entry.
  virtual bool is_current(const ring::Entry& entry) const = 0;
  // `record` is another one afterwards, or as it was where there is no message at `position`, or none.
  virtual ring::ReadResult next(ring::Position& position, SharedRecord& record) const = 0;
};

}  // namespace sluice::relay
