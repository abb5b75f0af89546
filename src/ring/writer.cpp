// A ring's memory: made, mapped, sealed. Runs in the ingest.
#include "ring/writer.hpp"

#include <sys/random.h>

#include "base/fd.hpp"
#include "os/shared_memory.hpp"
#include "ring/write_core.hpp"

namespace sluice::ring {

struct Writer::Impl {
  RingId id;
  UniqueFd fd;
  os::Mapping mapping;
  WriteCore core;
};

std::expected<Writer, RingError> Writer::create(std::size_t data_bytes) {
  if (!data_size_is_valid(data_bytes)) return std::unexpected(RingError::kBadLayout);
  RingId id;
  if (::getrandom(id.bytes.data(), id.bytes.size(), 0) != static_cast<ssize_t>(id.bytes.size())) {
    return std::unexpected(RingError::kSystem);
  }
  auto fd = os::create_shared_memory("sluice-ring", kHeadBytes + data_bytes);
  if (!fd) return std::unexpected(RingError::kSystem);
  auto mapping = os::Mapping::map_ring(fd->get(), kHeadBytes, data_bytes, os::Access::kReadWrite);
  if (!mapping) return std::unexpected(RingError::kSystem);
  // Only now: the seal leaves existing writable mappings alone and forbids new ones.
  if (os::seal_shared_memory(fd->get(), true)) return std::unexpected(RingError::kSystem);
  const WriteCore core(mapping->data(), data_bytes, id);
  return Writer(std::make_unique<Impl>(id, std::move(*fd), std::move(*mapping), core));
}

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

const RingId& Writer::id() const {
  return impl_->id;
}
int Writer::fd() const {
  return impl_->fd.get();
}
void Writer::begin_generation() {
  impl_->core.begin_generation();
}
void Writer::set_state(SourceState state) {
  impl_->core.set_state(state);
}
Position Writer::end() const {
  return impl_->core.end();
}

std::expected<Position, RingError> Writer::append(const media::MessageView& message,
                                                  const media::Traits& traits, Instant arrival) {
  return impl_->core.append(message, traits, arrival);
}

}  // namespace sluice::ring
