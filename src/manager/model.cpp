// Questions about what is configured. Runs in the manager.
#include "manager/model.hpp"

#include <algorithm>

namespace sluice::manager {

bool shares_target(const Stream& stream, const Streams& streams) {
  return std::ranges::any_of(streams, [&](const auto& entry) {
    const Stream& other = entry.second;
    return other.id != stream.id && other.server == stream.server && other.key == stream.key;
  });
}

bool shares_address(const Source& source, const Sources& sources) {
  return std::ranges::any_of(sources, [&](const auto& entry) {
    const Source& other = entry.second;
    return other.id != source.id && other.app == source.app && other.key == source.key;
  });
}

}  // namespace sluice::manager
