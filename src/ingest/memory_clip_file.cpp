// See the header.
#include "ingest/memory_clip_file.hpp"

#include "os/shared_memory.hpp"

namespace sluice::ingest {

bool MemoryClipFile::append(ByteView bytes) {
  if (!fd_) {
    auto file = os::create_shared_memory("sluice-clip", 0);
    if (!file) return false;
    fd_ = std::move(*file);
  }
  if (!overwrite(size_, bytes)) return false;
  size_ += bytes.size();
  return true;
}

bool MemoryClipFile::overwrite(std::size_t at, ByteView bytes) {
  return !os::write_at(fd_.get(), at, bytes);
}

UniqueFd MemoryClipFile::finish() {
  if (fd_ && os::seal_content(fd_.get())) fd_.reset();
  return std::move(fd_);
}

}  // namespace sluice::ingest
