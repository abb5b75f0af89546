// The output queue. Runs in ingest and relays.
#include "rtmp/output_buffer.hpp"

#include <utility>

#include "base/check.hpp"

namespace sluice::rtmp {

void OutputBuffer::reserve_more(std::size_t bytes) {
  if (bytes_.size() + bytes <= bytes_.capacity()) return;
  // Twice what is needed, so that this copy is paid for by as many bytes to come.
  Bytes grown;
  grown.reserve(2 * (size() + bytes));
  sluice::append(grown, view());
  bytes_ = std::move(grown);
  begin_ = 0;
}

void OutputBuffer::consume(std::size_t bytes) {
  SLUICE_CHECK(bytes <= size());
  begin_ += bytes;
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
    if (bytes_.capacity() > kKeptBytes) bytes_ = Bytes();
  } else if (begin_ > bytes_.size() / 2) {
    // Moves fewer bytes than were taken off, hence O(1) per byte.
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

}  // namespace sluice::rtmp
