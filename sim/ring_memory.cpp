// See the header.
#include "sim/ring_memory.hpp"

#include <cstring>

#include "base/check.hpp"
#include "ring/layout.hpp"

namespace sluice::sim {

std::byte* RingPool::take() {
  constexpr std::size_t bytes = ring::kHeadBytes + kRingDataBytes;
  if (used_ == mappings_.size()) {
    auto memory = os::create_shared_memory("sluice-sim", bytes);
    SLUICE_CHECK(memory.has_value());
    auto mapping =
        os::Mapping::map_ring(memory->get(), ring::kHeadBytes, kRingDataBytes, os::Access::kReadWrite);
    SLUICE_CHECK(mapping.has_value());
    mappings_.push_back(std::move(*mapping));
  }
  std::byte* const memory = mappings_[used_++].data();
  std::memset(memory, 0, bytes);
  return memory;
}

ring::RingId RingRef::id() const {
  ring::RingId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(serial >> (8 * i));
  return id;
}

}  // namespace sluice::sim
