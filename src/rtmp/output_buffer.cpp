// The output queue. Runs in ingest and relays.
#include "rtmp/output_buffer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace sluice::rtmp {

void OutputBuffer::append(ByteView bytes) {
  if (bytes.empty()) return;
  sluice::append(copied_, bytes);
  size_ += bytes.size();
  if (!pieces_.empty() && pieces_.back().shared == nullptr)
    pieces_.back().bytes += bytes.size();
  else
    pieces_.push_back({nullptr, bytes.size(), nullptr});
}

void OutputBuffer::append_shared(ByteView bytes, std::shared_ptr<const void> owner) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  pieces_.push_back({bytes.data(), bytes.size(), std::move(owner)});
}

void OutputBuffer::reserve_more(std::size_t bytes) {
  if (copied_.size() + bytes <= copied_.capacity()) return;
  const ByteView waiting = ByteView(copied_).subspan(begin_);
  // Twice what is needed, so that this copy is paid for by as many bytes to come.
  Bytes grown;
  grown.reserve(2 * (waiting.size() + bytes));
  sluice::append(grown, waiting);
  copied_ = std::move(grown);
  begin_ = 0;
}

std::size_t OutputBuffer::gather(std::span<ByteView> into) const {
  const std::size_t count = std::min(into.size(), pieces_.size() - first_);
  const std::uint8_t* copied = copied_.data() + begin_;
  for (std::size_t i = 0; i < count; ++i) {
    const Piece& piece = pieces_[first_ + i];
    into[i] = {piece.shared == nullptr ? copied : piece.shared, piece.bytes};
    if (piece.shared == nullptr) copied += piece.bytes;
  }
  return count;
}

ByteView OutputBuffer::view() const {
  ByteView first;
  gather({&first, 1});
  return first;
}

void OutputBuffer::consume(std::size_t bytes) {
  SLUICE_CHECK(bytes <= size_);
  size_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_[first_];
    const std::size_t taken = std::min(bytes, piece.bytes);
    if (piece.shared == nullptr)
      begin_ += taken;
    else
      piece.shared += taken;
    piece.bytes -= taken;
    bytes -= taken;
    if (piece.bytes > 0) break;
    piece.owner.reset();
    ++first_;
  }
  trim();
}

// Moves fewer bytes and pieces than were taken off, hence O(1) for each.
void OutputBuffer::trim() {
  if (begin_ == copied_.size()) {
    copied_.clear();
    begin_ = 0;
    if (copied_.capacity() > kKeptBytes) copied_ = Bytes();
  } else if (begin_ > copied_.size() / 2) {
    copied_.erase(copied_.begin(), copied_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  if (first_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace sluice::rtmp
