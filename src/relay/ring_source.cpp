// See the header.
#include "relay/ring_source.hpp"

#include <algorithm>

namespace sluice::relay {
namespace {

// What a key frame needed beyond this is given back, in every relay.
constexpr std::size_t kKeptPayloadBytes = 64U << 10U;

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

const std::shared_ptr<RingSource::Copy>& RingSource::unused_copy() const {
  auto unused = std::ranges::find_if(copies_, [](const auto& copy) { return !copy || copy.use_count() == 1; });
  if (unused == copies_.end()) {
    // Those who lag keep theirs.
    unused = copies_.begin() + static_cast<std::ptrdiff_t>(oldest_++ % kCopies);
    unused->reset();
  }
  if (!*unused) *unused = std::make_shared<Copy>();
  Bytes& payload = (*unused)->record.payload;
  if (payload.capacity() > kKeptPayloadBytes) payload = Bytes();
  return *unused;
}

}  // namespace sluice::relay
