// Bytes waiting to be sent: appended at the back, taken off the front as the socket accepts them. Used by
// ingest and relays.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace sluice::rtmp {

// Appending and consuming cost O(1) per byte, amortised. A queue that is empty holds no memory: it goes to the
// next one that is filled by the same thread, so that between key frames nothing is allocated. What a key frame
// needed is given back when it is more than keep_up_to().
class OutputBuffer {
 public:
  void append(ByteView bytes) {
    reserve_more(bytes.size());
    sluice::append(bytes_, bytes);
  }
  // Makes room for `bytes` more, so that the appends that follow do not move what is there. The memory in
  // use stays within about twice what is waiting.
  void reserve_more(std::size_t bytes);

  ByteView view() const { return ByteView(bytes_).subspan(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }

  // For all queues of this thread. By default 160 KiB; more pays where many queues are filled in turn.
  static void keep_up_to(std::size_t bytes);

  // REQUIRES: bytes <= size().
  void consume(std::size_t bytes);

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
};

}  // namespace sluice::rtmp
