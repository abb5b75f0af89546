// FLV as a file and as an HTTP body (Adobe FLV 10.1, annex E). Written by the ingest (preview), read by tests
// and tools that play a file.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::media {

inline constexpr std::size_t kFlvTagHeaderBytes = 11;
inline constexpr std::size_t kFlvTagTrailerBytes = 4;

// Signature, flags, and the first PreviousTagSize.
void append_flv_header(Bytes& out, bool has_audio, bool has_video);

// Tag header, payload, PreviousTagSize. "@setDataFrame" is left out: it is a command to a server, not part
// of a file. REQUIRES: payload of at most kMaxFlvTagBytes.
void append_flv_tag(Bytes& out, const MessageView& message);

// The same in pieces, for writers that do not want to copy the payload.
std::array<std::uint8_t, kFlvTagHeaderBytes> flv_tag_header(const MessageView& message);
std::array<std::uint8_t, kFlvTagTrailerBytes> flv_tag_trailer(const MessageView& message);

enum class FlvError : std::uint8_t {
  kNotFlv,     // no "FLV" signature, or an impossible header length
  kEncrypted,  // a tag with the filter bit
};
std::string_view sentence(FlvError error);

// Cuts an FLV byte stream into messages. Never buffers more than one tag and what the last feed() brought.
class FlvReader {
 public:
  void feed(ByteView bytes);
  // The next message, or nothing when more bytes are needed. The view is valid until the next call of
  // either function. Tags that are not audio, video or data are skipped. Errors are final.
  std::expected<std::optional<MessageView>, FlvError> next();

 private:
  ByteView rest() const { return ByteView(buffer_).subspan(used_); }
  std::expected<bool, FlvError> read_file_header();

  Bytes buffer_;
  std::size_t used_ = 0;  // bytes at the front of buffer_ that were delivered
  bool in_tags_ = false;
};

}  // namespace sluice::media
