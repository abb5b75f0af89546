// Questions about what is configured. Runs in the manager.
#include "manager/model.hpp"

#include <algorithm>
#include <utility>

namespace sluice::manager {

bool shares_target(const Stream& stream, const Streams& streams) {
  return std::ranges::any_of(streams, [&](const auto& entry) {
    const Stream& other = entry.second;
    return other.id != stream.id && other.server == stream.server && other.key == stream.key;
  });
}

std::vector<std::int64_t> in_order(const Streams& streams) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, stream] : streams) ids.push_back(id);
  std::ranges::sort(ids, {}, [&](std::int64_t id) { return std::pair(streams.at(id).position, id); });
  return ids;
}

std::int64_t next_position(const Streams& streams) {
  std::int64_t last = 0;
  for (const auto& [id, stream] : streams) last = std::max(last, stream.position);
  return std::min(last + 1, kMaxPosition);  // the id does the rest
}

bool shares_address(const Source& source, const Sources& sources) {
  return std::ranges::any_of(sources, [&](const auto& entry) {
    const Source& other = entry.second;
    return other.id != source.id && other.app == source.app && other.key == source.key;
  });
}

}  // namespace sluice::manager
