// The progress page: made by the manager, written by a relay, read by both.
#include "control/progress.hpp"

#include <bit>
#include <cerrno>
#include <chrono>
#include <new>

namespace sluice::control {
namespace {

constexpr std::uint32_t kProgressVersion = 1;
// A relay killed in the middle of a store leaves the sequence odd for ever: nobody may wait for it.
constexpr int kLoadAttempts = 1000;

using RingWords = std::array<std::uint64_t, 2>;

}  // namespace

std::expected<ProgressMap, std::error_code> ProgressMap::create(const char* name) {
  auto fd = os::create_shared_memory(name, kProgressPageBytes);
  if (!fd) return std::unexpected(fd.error());
  if (const auto error = os::seal_shared_memory(fd->get(), false)) return std::unexpected(error);
  auto mapping = os::Mapping::map(fd->get(), 0, kProgressPageBytes, os::Access::kReadWrite);
  if (!mapping) return std::unexpected(mapping.error());
  ProgressMap map;
  map.fd_ = std::move(*fd);
  map.mapping_ = std::move(*mapping);
  ProgressPage& page = *new (map.mapping_.data()) ProgressPage{};
  page.magic = kProgressMagic;
  page.version = kProgressVersion;
  return map;
}

std::expected<ProgressMap, std::error_code> ProgressMap::open(UniqueFd fd) {
  const auto not_a_page = std::unexpected(std::error_code(EINVAL, std::system_category()));
  const auto size = os::shared_memory_size(fd.get());
  if (!size) return std::unexpected(size.error());
  if (*size != kProgressPageBytes || !os::size_is_sealed(fd.get())) return not_a_page;
  auto mapping = os::Mapping::map(fd.get(), 0, kProgressPageBytes, os::Access::kReadWrite);
  if (!mapping) return std::unexpected(mapping.error());
  ProgressMap map;
  map.fd_ = std::move(fd);
  map.mapping_ = std::move(*mapping);
  if (map.page().magic != kProgressMagic || map.page().version != kProgressVersion) return not_a_page;
  return map;
}

void ProgressMap::store_position(const Progress& progress) const {
  ProgressPage& p = page();
  const auto words = std::bit_cast<RingWords>(progress.ring_id.bytes);
  // `| 1`: also right after a predecessor that died with the sequence odd.
  const std::uint64_t odd = p.sequence.load(std::memory_order_relaxed) | 1U;
  p.sequence.store(odd, std::memory_order_relaxed);
  // Whoever sees one of the new values below also sees the odd sequence.
  std::atomic_thread_fence(std::memory_order_release);
  p.ring_id[0].store(words[0], std::memory_order_relaxed);
  p.ring_id[1].store(words[1], std::memory_order_relaxed);
  p.position.store(progress.position, std::memory_order_relaxed);
  p.sequence.store(odd + 1, std::memory_order_release);
}

std::optional<Progress> ProgressMap::load_position() const {
  const ProgressPage& p = page();
  for (int attempt = 0; attempt < kLoadAttempts; ++attempt) {
    const std::uint64_t before = p.sequence.load(std::memory_order_acquire);
    if (before == 0) return std::nullopt;
    const RingWords words = {p.ring_id[0].load(std::memory_order_relaxed),
                             p.ring_id[1].load(std::memory_order_relaxed)};
    const std::uint64_t position = p.position.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && p.sequence.load(std::memory_order_relaxed) == before) {
      return Progress{.ring_id = {std::bit_cast<std::array<std::uint8_t, 16>>(words)}, .position = position};
    }
  }
  return std::nullopt;
}

void ProgressMap::beat(Instant now) const {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  page().heartbeat_ns.store(static_cast<std::uint64_t>(ns), std::memory_order_relaxed);
}

Instant ProgressMap::last_beat() const {
  const auto ns = static_cast<std::int64_t>(page().heartbeat_ns.load(std::memory_order_relaxed));
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(ns)));
}

}  // namespace sluice::control
