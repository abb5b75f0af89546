// The chunk stream, outgoing. Runs in ingest and relays.
#include "rtmp/chunk_writer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "rtmp/limits.hpp"

namespace sluice::rtmp {
namespace {

constexpr std::uint32_t kExtended = 0xFFFFFF;
// Less is copied sooner than listed.
constexpr std::size_t kLeastShared = 1024;

// A chunk header under construction; no header is longer than 1 + 11 + 4 bytes.
class Header {
 public:
  void u8(std::uint32_t value) { bytes_[size_++] = static_cast<std::uint8_t>(value); }
  void be24(std::uint32_t value) {
    u8(value >> 16);
    u8(value >> 8);
    u8(value);
  }
  void be32(std::uint32_t value) {
    u8(value >> 24);
    be24(value);
  }
  void le32(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) u8(value >> shift);
  }
  ByteView view() const { return ByteView(bytes_).first(size_); }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

void ChunkWriter::write(OutputBuffer& out, const OutgoingMessage& message) {
  const Last& last = last_.at(message.chunk_stream);
  // Time that goes back shows as a huge delta. Deltas that need an extended field are read as absolute by
  // SRS, so they are never sent.
  const bool relative = last.sent && last.stream_id == message.stream_id &&
                        message.timestamp_ms - last.timestamp_ms < kExtended;
  write_chunks(out, message, !relative);
}

void ChunkWriter::write_absolute(OutputBuffer& out, const OutgoingMessage& message) {
  write_chunks(out, message, true);
}

void ChunkWriter::write_chunks(OutputBuffer& out, const OutgoingMessage& message, bool absolute) {
  SLUICE_CHECK(message.payload.size() <= kMaxMessageBytes);
  Last& last = last_.at(message.chunk_stream);
  const std::uint32_t time = absolute ? message.timestamp_ms : message.timestamp_ms - last.timestamp_ms;
  last = {true, message.timestamp_ms, message.stream_id};

  Header start;
  start.u8((absolute ? 0x00U : 0x40U) | message.chunk_stream);
  start.be24(std::min(time, kExtended));
  start.be24(static_cast<std::uint32_t>(message.payload.size()));
  start.u8(message.type);
  if (absolute) start.le32(message.stream_id);
  Header continuation;
  continuation.u8(0xC0U | message.chunk_stream);
  if (time >= kExtended) {
    start.be32(time);
    continuation.be32(time);
  }

  const bool shared = message.owner != nullptr && message.payload.size() >= kLeastShared;
  const std::size_t continuations = message.payload.size() / chunk_bytes_;
  out.reserve_more(start.view().size() + continuations * continuation.view().size() +
                   (shared ? 0 : message.payload.size()));
  // The last part's owner keeps the others too.
  const auto put = [&](ByteView part, const std::shared_ptr<const void>& owner) {
    if (shared)
      out.append_shared(part, owner);
    else
      out.append(part);
  };
  out.append(start.view());
  ByteView rest = message.payload;
  while (rest.size() > chunk_bytes_) {
    put(rest.first(chunk_bytes_), nullptr);
    out.append(continuation.view());
    rest = rest.subspan(chunk_bytes_);
  }
  put(rest, message.owner);
}

void ChunkWriter::set_chunk_size(OutputBuffer& out, std::uint32_t bytes) {
  SLUICE_CHECK(bytes >= 1 && bytes <= kMaxChunkBytes);
  Header payload;
  payload.be32(bytes);
  write_absolute(out, {.type = kSetChunkSize, .payload = payload.view()});
  chunk_bytes_ = bytes;
}

}  // namespace sluice::rtmp
