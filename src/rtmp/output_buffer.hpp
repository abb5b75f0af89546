// Bytes waiting to be sent: appended at the back, taken off the front as the socket accepts them. Used by
// ingest and relays.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace sluice::rtmp {

// Appending and consuming cost O(1) per byte, amortised. Between key frames nothing is allocated: emptied
// memory is kept, up to kKeptBytes. What was needed beyond that is given back.
class OutputBuffer {
 public:
  void append(ByteView bytes);
  // Not copied. They stay where they are as long as `owner`, or that of a later append, is kept; nullptr: a
  // later one's keeps these too.
  void append_shared(ByteView bytes, std::shared_ptr<const void> owner);
  // Makes room for `bytes` more to be copied, so that the appends that follow do not move what is there. The
  // memory in use stays within about twice what is waiting.
  void reserve_more(std::size_t bytes);

  // What waits, in order and in as many pieces as it is stored in and `into` has room for. Returns how many.
  std::size_t gather(std::span<ByteView> into) const;
  // The first of them, which is everything where nothing is shared; empty: nothing waits.
  ByteView view() const;
  std::size_t size() const { return size_; }

  // REQUIRES: bytes <= size().
  void consume(std::size_t bytes);

 private:
  static constexpr std::size_t kKeptBytes = 160U << 10U;

  struct Piece {
    const std::uint8_t* shared = nullptr;  // nullptr: what follows the copied bytes of earlier pieces
    std::size_t bytes = 0;
    std::shared_ptr<const void> owner;
  };

  void trim();

  Bytes copied_;
  std::size_t begin_ = 0;  // in copied_: before it everything is sent
  std::vector<Piece> pieces_;
  std::size_t first_ = 0;  // in pieces_
  std::size_t size_ = 0;
};

}  // namespace sluice::rtmp
