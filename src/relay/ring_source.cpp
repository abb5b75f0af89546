// See the header.
#include "relay/ring_source.hpp"

#include <algorithm>
#include <utility>

namespace sluice::relay {
namespace {

// Enough for the key frames of 20 Mbit/s. To give memory back and to take it again costs far more than to
// copy into it.
constexpr std::size_t kKeptPayloadBytes = 1U << 20U;

}  // namespace

ring::ReadResult RingSource::next(ring::Position& position, SharedRecord& record) const {
  const auto here = std::ranges::find_if(copies_, [position](const auto& copy) {
    return copy && copy->behind && copy->record.position == position;
  });
  if (here != copies_.end()) {
    position = *(*here)->behind;
    record = SharedRecord(*here, &(*here)->record);
    return ring::ReadResult::kMessage;
  }
  if (position == reader_.end()) return ring::ReadResult::kEmpty;
  record.reset();
  const auto& copy = unused_copy();
  copy->behind.reset();
  const ring::ReadResult result = reader_.next(position, copy->record);
  if (result != ring::ReadResult::kMessage) return result;
  copy->behind = position;
  record = SharedRecord(copy, &copy->record);
  return result;
}

// For one reader always the same if it can be, since each takes the memory of a key frame with time; for many
// the oldest, since the others are still to be read.
const std::shared_ptr<RingSource::Copy>& RingSource::unused_copy() const {
  const auto age = [this](const std::shared_ptr<Copy>& copy) {
    const bool is_free = !copy || copy.use_count() == 1;
    const std::uint64_t made = copy && readers_ == Readers::kMany ? copy->made : 0;
    return std::pair(!is_free, made);
  };
  auto& chosen = *std::ranges::min_element(copies_, {}, age);
  if (!chosen || chosen.use_count() > 1) chosen = std::make_shared<Copy>();  // those who lag keep theirs
  chosen->made = ++made_;
  Bytes& payload = chosen->record.payload;
  if (payload.capacity() > kKeptPayloadBytes) payload = Bytes();
  return chosen;
}

}  // namespace sluice::relay
