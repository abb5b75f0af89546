// Shared memory over memfd, with the data of a ring mapped twice in a row. Every process.
#include "os/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/errno.hpp"

namespace sluice::os {
namespace {

constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;

int protection(Access access) {
  return access == Access::kReadWrite ? PROT_READ | PROT_WRITE : PROT_READ;
}

// MAP_FIXED is safe here only because the caller has reserved exactly this range.
bool map_over(std::byte* where, int fd, std::size_t offset, std::size_t bytes, Access access) {
  return ::mmap(where, bytes, protection(access), MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) !=
         MAP_FAILED;
}

}  // namespace

std::expected<UniqueFd, std::error_code> create_shared_memory(const char* name, std::size_t bytes) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return errno_failure();
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return errno_failure();
  return fd;
}

std::error_code seal_shared_memory(int fd, bool readers_only) {
  const int seals = kSizeSeals | F_SEAL_SEAL | (readers_only ? F_SEAL_FUTURE_WRITE : 0);
  if (::fcntl(fd, F_ADD_SEALS, seals) != 0) return errno_code();
  return {};
}

bool size_is_sealed(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & kSizeSeals) == kSizeSeals;
}

std::error_code seal_content(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, kSizeSeals | F_SEAL_WRITE | F_SEAL_SEAL) != 0) return errno_code();
  return {};
}

bool content_is_sealed(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return size_is_sealed(fd) && (seals & F_SEAL_WRITE) != 0;
}

std::error_code write_at(int fd, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_code();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::error_code read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_code();
    if (n == 0) return std::make_error_code(std::errc::no_message_available);
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::expected<std::size_t, std::error_code> shared_memory_size(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return errno_failure();
  return static_cast<std::size_t>(status.st_size);
}

std::expected<Mapping, std::error_code> Mapping::map(int fd, std::size_t offset, std::size_t bytes,
                                                     Access access) {
  void* data = ::mmap(nullptr, bytes, protection(access), MAP_SHARED, fd, static_cast<off_t>(offset));
  if (data == MAP_FAILED) return errno_failure();
  Mapping mapping;
  mapping.data_ = static_cast<std::byte*>(data);
  mapping.size_ = bytes;
  return mapping;
}

std::expected<Mapping, std::error_code> Mapping::map_ring(int fd, std::size_t head_bytes,
                                                          std::size_t ring_bytes, Access access) {
  const std::size_t total = head_bytes + 2 * ring_bytes;
  void* reserved = ::mmap(nullptr, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return errno_failure();
  Mapping mapping;  // owns the reservation from here on, whatever fails below
  mapping.data_ = static_cast<std::byte*>(reserved);
  mapping.size_ = total;
  if (!map_over(mapping.data_, fd, 0, head_bytes + ring_bytes, access) ||
      !map_over(mapping.data_ + head_bytes + ring_bytes, fd, head_bytes, ring_bytes, access)) {
    return errno_failure();
  }
  // All pages at once: one by one, as they are first touched, they cost ten times as much and more. A kernel
  // that cannot do it does it then.
  const int populate = access == Access::kRead ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
  ::madvise(mapping.data_, head_bytes + ring_bytes, populate);
  return mapping;
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace sluice::os
