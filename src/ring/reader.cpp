// Opening a ring that another process has made. Runs in relays and in the ingest.
#include "ring/reader.hpp"

#include <limits>

#include "os/shared_memory.hpp"
#include "ring/layout.hpp"
#include "ring/read_core.hpp"

namespace sluice::ring {
namespace {

struct Shape {
  RingId id;
  std::size_t data_bytes = 0;
};

// The sizes in the header page count only if they are those of the file.
std::expected<Shape, RingError> shape_of(int fd) {
  const auto size = os::shared_memory_size(fd);
  if (!size) return std::unexpected(RingError::kSystem);
  if (!os::size_is_sealed(fd)) return std::unexpected(RingError::kNotSealed);
  if (*size < kHeadBytes + kMinDataBytes) return std::unexpected(RingError::kBadLayout);
  const auto page = os::Mapping::map(fd, 0, 4096, os::Access::kRead);
  if (!page) return std::unexpected(RingError::kSystem);
  const auto& header = *reinterpret_cast<const Header*>(page->data());
  const std::uint64_t data_bytes = header.data_bytes;
  if (header.magic != kMagic || header.version != kVersion || header.head_bytes != kHeadBytes ||
      !data_size_is_valid(data_bytes) || *size != kHeadBytes + data_bytes) {
    return std::unexpected(RingError::kBadLayout);
  }
  return Shape{.id = {header.id}, .data_bytes = data_bytes};
}

}  // namespace

struct Reader::Impl {
  RingId id;
  os::Mapping mapping;
  ReadCore core;
};

std::expected<Reader, RingError> Reader::open(int fd) {
  const auto shape = shape_of(fd);
  if (!shape) return std::unexpected(shape.error());
  // The mapping keeps the memory; no descriptor is held.
  auto mapping = os::Mapping::map_ring(fd, kHeadBytes, shape->data_bytes, os::Access::kRead);
  if (!mapping) return std::unexpected(RingError::kSystem);
  const ReadCore core(mapping->data(), shape->data_bytes);
  return Reader(std::make_unique<Impl>(shape->id, std::move(*mapping), core));
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const RingId& Reader::id() const {
  return impl_->id;
}
SourceState Reader::state() const {
  return impl_->core.state();
}
std::uint32_t Reader::generation() const {
  return impl_->core.generation();
}
Position Reader::end() const {
  return impl_->core.end();
}

std::optional<Entry> Reader::newest_entry() const {
  return impl_->core.newest_entry_until(std::numeric_limits<Position>::max());
}
std::optional<Entry> Reader::entry_before(Position position) const {
  return impl_->core.newest_entry_until(position);
}
bool Reader::is_current(const Entry& entry) const {
  return impl_->core.is_current(entry);
}
std::vector<StoredMessage> Reader::stored_messages() const {
  return impl_->core.stored_messages();
}
ReadResult Reader::next(Position& position, Record& record) const {
  return impl_->core.next(position, record);
}

}  // namespace sluice::ring
