// Bytes waiting to be sent: appended at the back, taken off the front as the socket accepts them. Used by
// ingest and relays.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace sluice::rtmp {

// Appending and consuming cost O(1) per byte, amortised. Between key frames nothing is allocated: emptied
// memory is kept, up to kKeptBytes. What a key frame needed beyond that is given back, in every relay.
class OutputBuffer {
 public:
  void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // Makes room for `bytes` more, so that the appends that follow do not move what is there. The memory in
  // use stays within about twice what is waiting.
  void reserve_more(std::size_t bytes);

  ByteView view() const { return ByteView(bytes_).subspan(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }

  // REQUIRES: bytes <= size().
  void consume(std::size_t bytes);

 private:
  static constexpr std::size_t kKeptBytes = 160U << 10U;

  Bytes bytes_;
  std::size_t begin_ = 0;
};

}  // namespace sluice::rtmp
