// A ring as the machine's source. Several streams of a process may read one in turn. Runs in relays.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "relay/message_source.hpp"
#include "ring/reader.hpp"

namespace sluice::relay {

// What one stream has read the next one gets without a copy of its own, while it is among the last few
// records that were read. In the steady state nothing is allocated.
class RingSource final : public MessageSource {
 public:
  explicit RingSource(ring::Reader reader) : reader_(std::move(reader)) {}

  ring::RingId id() const override { return reader_.id(); }
  ring::SourceState state() const override { return reader_.state(); }
  std::uint32_t generation() const override { return reader_.generation(); }
  std::optional<ring::Entry> newest_entry() const override { return reader_.newest_entry(); }
  std::optional<ring::Entry> entry_before(ring::Position position) const override {
    return reader_.entry_before(position);
  }
  std::vector<ring::StoredMessage> stored_messages() const override { return reader_.stored_messages(); }
  bool is_current(const ring::Entry& entry) const override { return reader_.is_current(entry); }
  ring::ReadResult next(ring::Position& position, SharedRecord& record) const override;

 private:
  struct Copy {
    ring::Record record;
    std::optional<ring::Position> behind;  // nullopt: holds no record
  };
  // As many streams may lag behind the others before a copy is made anew for each message.
  static constexpr std::size_t kCopies = 4;

  const std::shared_ptr<Copy>& unused_copy() const;

  ring::Reader reader_;
  mutable std::array<std::shared_ptr<Copy>, kCopies> copies_;
  mutable std::size_t oldest_ = 0;
};

}  // namespace sluice::relay
