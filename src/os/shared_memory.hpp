// Sealed shared memory. The seam to other systems: nothing outside src/os names memfd or mmap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <system_error>

#include "base/bytes.hpp"
#include "base/fd.hpp"

namespace sluice::os {

// An anonymous memory file of fixed size that others may map, and that only existing writable mappings may
// change once sealed. Owner: the caller.
std::expected<UniqueFd, std::error_code> create_shared_memory(const char* name, std::size_t bytes);
// Forbids resizing and further seals; with `readers_only` also every new writable mapping
// (F_SEAL_FUTURE_WRITE): call it after the creator has made its own.
std::error_code seal_shared_memory(int fd, bool readers_only);
// Whether it can be neither shrunk nor grown (a reader must know that a read cannot fault).
bool size_is_sealed(int fd);
std::expected<std::size_t, std::error_code> shared_memory_size(int fd);

// Forbids every further change, of bytes and size, to whoever has the descriptor. EBUSY: it is mapped
// writable.
std::error_code seal_content(int fd);
bool content_is_sealed(int fd);

// All of `bytes`, at `offset`, of this and of other files.
std::error_code write_at(int fd, std::uint64_t offset, ByteView bytes);
// Fills `out`. A file that ends before that is std::errc::no_message_available.
std::error_code read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> out);

enum class Access { kRead, kReadWrite };

// A mapping of [offset, offset + bytes), unmapped on destruction.
class Mapping {
 public:
  Mapping() = default;
  static std::expected<Mapping, std::error_code> map(int fd, std::size_t offset, std::size_t bytes,
                                                     Access access);
  // [0, head) once, then [head, head + ring) twice in a row, so that data()[head + i] == data()[head + ring +
  // i]. The memory is there at once, as it will be used all over.
  static std::expected<Mapping, std::error_code> map_ring(int fd, std::size_t head_bytes,
                                                          std::size_t ring_bytes, Access access);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sluice::os
