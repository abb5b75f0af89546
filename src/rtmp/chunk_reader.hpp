// Puts messages together from chunks (spec 5.3.1), as real peers send them. Used by ingest and relays.
//
// Memory grows with received bytes only, never with an announced length, and is bounded by limits.hpp. Work
// is O(1) per byte at any chunk size. SetChunkSize and Abort are carried out here, at the place in the
// stream where they stand, and not handed on.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <vector>

#include "base/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message_type.hpp"

namespace sluice::rtmp {

struct IncomingMessage {
  std::uint8_t type = 0;
  std::uint32_t timestamp_ms = 0;  // absolute
  std::uint32_t stream_id = 0;
  ByteView payload;  // valid during the call only
};

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // An error ends the reading and becomes feed()'s result.
  virtual std::expected<void, ProtocolError> on_message(const IncomingMessage& message) = 0;
  // Asked after each message: no more for now?
  virtual bool wants_pause() const { return false; }
};

class ChunkReader {
 public:
  // Returns how many bytes were taken: all, unless the sink wants a pause. Errors are final.
  std::expected<std::size_t, ProtocolError> feed(ByteView bytes, MessageSink& sink);

  // The peer may now send media. Until then messages may be kMaxMessageBytesBeforePublish long, and all
  // half-read ones together kMaxPartialBytesBeforePublish: a stranger's memory is bounded by that.
  void allow_media() {
    max_message_bytes_ = kMaxMessageBytes;
    max_partial_bytes_ = kMaxPartialBytes;
  }

 private:
  // One chunk stream: the header its next chunk may refer to, and the message it is in the middle of.
  struct Stream {
    std::uint32_t id = 0;
    std::uint32_t timestamp_ms = 0;
    std::uint32_t delta_ms = 0;    // what a type 3 adds when it starts a message
    std::uint32_t time_field = 0;  // as it stood in the last header, extended value included
    bool extended = false;         // that header had an extended timestamp
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint32_t stream_id = 0;
    bool in_message = false;
    Bytes partial;
  };
  static constexpr std::size_t kMaxHeaderBytes = 3 + 11 + 4;

  enum class Parse : std::uint8_t { kDone, kNeedMore };
  using HeaderResult = std::expected<Parse, ProtocolError>;

  // Both parse one chunk header from `bytes`; `used` is its length when kDone.
  HeaderResult parse_header(ByteView bytes, std::size_t& used);
  HeaderResult parse_message_header(std::uint8_t format, std::uint32_t id, ByteView bytes, std::size_t& used);
  HeaderResult start_message(Stream& stream, std::uint8_t format, ByteView header, std::uint32_t time,
                             bool extended);
  std::expected<std::size_t, ProtocolError> take_header(ByteView bytes, MessageSink& sink);
  std::expected<void, ProtocolError> give_back(std::size_t header_bytes, MessageSink& sink);
  std::expected<std::size_t, ProtocolError> take_payload(ByteView bytes, MessageSink& sink);
  std::expected<void, ProtocolError> finish_message(Stream& stream, ByteView payload, MessageSink& sink);
  std::expected<void, ProtocolError> deliver(const IncomingMessage& message, MessageSink& sink);
  void keep_partial(Stream& stream, ByteView bytes);
  void drop_partial(Stream& stream);
  Stream* find(std::uint32_t id);
  std::expected<Stream*, ProtocolError> add(std::uint32_t id);

  std::vector<Stream> streams_;
  std::array<std::uint8_t, 64> index_{};  // of streams_, plus 1, for ids below 64: nearly all there are
  std::size_t current_ = 0;               // index of the stream whose chunk is being read
  bool in_chunk_ = false;
  std::size_t chunk_left_ = 0;  // payload bytes of that chunk still to come

  std::array<std::uint8_t, kMaxHeaderBytes> carry_{};  // a header cut by the end of the last feed()
  std::size_t carried_ = 0;

  std::uint32_t chunk_bytes_ = kDefaultChunkBytes;
  std::size_t max_message_bytes_ = kMaxMessageBytesBeforePublish;
  std::size_t max_partial_bytes_ = kMaxPartialBytesBeforePublish;
  std::size_t partial_bytes_ = 0;  // in all streams
};

}  // namespace sluice::rtmp
