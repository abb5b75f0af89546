// See the header.
#include "relay/shared_rings.hpp"

#include <utility>

namespace sluice::relay {

std::expected<std::shared_ptr<const RingSource>, ring::RingError> SharedRings::open(
    const std::string& ring_id, int fd) {
  std::erase_if(rings_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = rings_.find(ring_id); found != rings_.end()) return found->second.lock();
  auto reader = ring::Reader::open(fd);
  if (!reader) return std::unexpected(reader.error());
  auto source = std::make_shared<const RingSource>(std::move(*reader), readers_);
  rings_[ring_id] = source;
  return source;
}

}  // namespace sluice::relay
