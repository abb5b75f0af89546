// Cuts messages into chunks (spec 5.3.1). Used by ingest (towards players and publishers) and relays.
//
// Written for the readers there are: messages start with type 0 or 1 only, type 3 continues a message and
// nothing else (readers disagree about a type 3 that starts one), extended timestamps are repeated in every
// continuation (spec; all known readers take that), messages are never interleaved.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "rtmp/message_type.hpp"
#include "rtmp/output_buffer.hpp"

namespace sluice::rtmp {

struct OutgoingMessage {
  std::uint8_t chunk_stream = kControlChunkStream;  // 2 to kMaxChunkStream
  std::uint8_t type = 0;
  std::uint32_t timestamp_ms = 0;
  std::uint32_t stream_id = 0;
  ByteView payload;  // at most kMaxMessageBytes
  // Keeps the payload where it is until it is sent, so that a large one need not be copied; nullptr: it is.
  std::shared_ptr<const void> owner = nullptr;
};

class ChunkWriter {
 public:
  static constexpr std::uint8_t kMaxChunkStream = 8;

  // A media message: type 0 where it must be, else type 1.
  void write(OutputBuffer& out, const OutgoingMessage& message);
  // Control and commands: always type 0, so that they do not depend on what went before.
  void write_absolute(OutputBuffer& out, const OutgoingMessage& message);

  // Sends SetChunkSize and applies it to what follows. REQUIRES: 1 <= bytes <= kMaxChunkBytes.
  void set_chunk_size(OutputBuffer& out, std::uint32_t bytes);

 private:
  struct Last {
    bool sent = false;
    std::uint32_t timestamp_ms = 0;
    std::uint32_t stream_id = 0;
  };
  void write_chunks(OutputBuffer& out, const OutgoingMessage& message, bool absolute);

  std::array<Last, kMaxChunkStream + 1> last_{};
  std::uint32_t chunk_bytes_ = kDefaultChunkBytes;
};

}  // namespace sluice::rtmp
