// What can be wrong with a peer's bytes. Each value has one plain sentence.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::rtmp {

enum class ProtocolError : std::uint8_t {
  kNotRtmp,                // first byte is text: an HTTP client or other
  kTlsOnPlainPort,         // first byte 0x16
  kEncryptedRtmp,          // RTMPE, version 6
  kHeaderInsideMessage,    // fmt 0, 1 or 2 while a message of that csid is half read
  kFreshCompressedHeader,  // fmt 2 or 3 on a csid never seen
  kTooManyChunkStreams,
  kMessageTooLong,
  kTooMuchPartialData,
  kBadChunkSize,
  kBadControlMessage,
  kBadCommand,         // undecodable AMF in a command
  kUnexpectedCommand,  // e.g. publish before connect
  kNameTooLong,
  kTooManyStreams,
  kOutputNotRead,  // the peer does not take our answers
};
std::string_view sentence(ProtocolError error);

}  // namespace sluice::rtmp
