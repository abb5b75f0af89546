// The output queue. Runs in ingest and relays.
#include "rtmp/output_buffer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace sluice::rtmp {
namespace {

// Memory of the last queue that was emptied. Queues that are filled and emptied in turn all use this one, and
// find it in the processor's cache.
struct Spare {
  Bytes bytes;
  std::size_t limit = 160U << 10U;
};
Spare& spare() {
  thread_local Spare spare;
  return spare;
}

}  // namespace

void OutputBuffer::reserve_more(std::size_t bytes) {
  if (bytes_.capacity() == 0) bytes_ = std::move(spare().bytes);
  if (bytes_.size() + bytes <= bytes_.capacity()) return;
  // Twice what is needed, so that this copy is paid for by as many bytes to come.
  Bytes grown;
  grown.reserve(size() == 0 ? bytes : 2 * (size() + bytes));
  sluice::append(grown, view());
  bytes_ = std::move(grown);
  begin_ = 0;
}

void OutputBuffer::keep_up_to(std::size_t bytes) {
  spare().limit = bytes;
}

void OutputBuffer::consume(std::size_t bytes) {
  SLUICE_CHECK(bytes <= size());
  begin_ += bytes;
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
    Bytes emptied = std::exchange(bytes_, Bytes());
    const bool is_kept = emptied.capacity() <= spare().limit && emptied.capacity() > spare().bytes.capacity();
    if (is_kept) spare().bytes = std::move(emptied);
  } else if (begin_ > bytes_.size() / 2) {
    // Moves fewer bytes than were taken off, hence O(1) per byte.
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

}  // namespace sluice::rtmp
