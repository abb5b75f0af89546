// Where the machine takes its messages from. A ring is one such source; a delay will be another.
// Positions and entries are those of ring::Reader.
#pragma once

#include <optional>
#include <vector>

#include "ring/reader.hpp"

namespace sluice::relay {

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
  virtual ring::ReadResult next(ring::Position& position, ring::Record& record) const = 0;
};

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
  ring::ReadResult next(ring::Position& position, ring::Record& record) const override {
    return reader_.next(position, record);
  }

 private:
  ring::Reader reader_;
};

}  // namespace sluice::relay
