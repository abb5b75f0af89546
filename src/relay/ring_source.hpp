// A ring as the machine's source. Several streams of a process may read one in turn. Runs in relays.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "relay/message_source.hpp"
#include "ring/reader.hpp"

namespace sluice::relay {

// In the steady state nothing is allocated.
class RingSource final : public MessageSource {
 public:
  enum class Readers : std::uint8_t {
    kOne,
    kMany,  // what one has read the others get without a copy of their own, as long as they are not far apart
  };
  RingSource(ring::Reader reader, Readers readers) : reader_(std::move(reader)), readers_(readers) {}

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
    std::uint64_t made = 0;                // which copy it is
  };
  // A message that is being sent, the ones behind it, and what streams that lag still hold. If they hold all,
  // memory is allocated for another one.
  static constexpr std::size_t kCopies = 6;

  const std::shared_ptr<Copy>& unused_copy() const;

  ring::Reader reader_;
  Readers readers_;
  mutable std::array<std::shared_ptr<Copy>, kCopies> copies_;
  mutable std::uint64_t made_ = 0;
};

}  // namespace sluice::relay
