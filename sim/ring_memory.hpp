// Memory for the rings of one seed, mapped as in life (twice in a row), and a reader on it. The real
// WriteCore and ReadCore work on it.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "os/shared_memory.hpp"
#include "relay/message_source.hpp"
#include "ring/read_core.hpp"

namespace sluice::sim {

// The smallest there is: with payloads this small it holds about as many seconds as 32 MiB do in life.
inline constexpr std::size_t kRingDataBytes = 64U << 10U;

// Made once per thread, used by one seed after the other.
class RingPool {
 public:
  void begin_seed() { used_ = 0; }
  // Zeroed. Ends the program when there is no memory.
  std::byte* take();

 private:
  std::vector<os::Mapping> mappings_;
  std::size_t used_ = 0;
};

struct RingRef {
  std::uint32_t serial = 0;  // 0: none
  const std::byte* memory = nullptr;

  ring::RingId id() const;
  std::string name() const { return serial == 0 ? std::string{} : std::to_string(serial); }
};

class CoreSource final : public relay::MessageSource {
 public:
  explicit CoreSource(const RingRef& ring) : id_(ring.id()), core_(ring.memory, kRingDataBytes) {}

  ring::RingId id() const override { return id_; }
  ring::SourceState state() const override { return core_.state(); }
  std::uint32_t generation() const override { return core_.generation(); }
  std::optional<ring::Entry> newest_entry() const override {
    return core_.newest_entry_until(std::numeric_limits<ring::Position>::max());
  }
  std::optional<ring::Entry> entry_before(ring::Position position) const override {
    return core_.newest_entry_until(position);
  }
  std::vector<ring::StoredMessage> stored_messages() const override { return core_.stored_messages(); }
  bool is_current(const ring::Entry& entry) const override { return core_.is_current(entry); }
  ring::ReadResult next(ring::Position& position, relay::SharedRecord& record) const override {
    if (position == core_.end()) return ring::ReadResult::kEmpty;
    const auto copy = std::make_shared<ring::Record>();
    const ring::ReadResult result = core_.next(position, *copy);
    if (result == ring::ReadResult::kMessage) record = copy;
    return result;
  }

 private:
  ring::RingId id_;
  ring::ReadCore core_;
};

}  // namespace sluice::sim
