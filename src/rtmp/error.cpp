// Sentences for protocol errors. Runs in ingest and relays.
#include "rtmp/error.hpp"

namespace sluice::rtmp {

std::string_view sentence(ProtocolError error) {
  switch (error) {
    case ProtocolError::kNotRtmp:
      return "The peer does not speak RTMP.";
    case ProtocolError::kTlsOnPlainPort:
      return "The peer tried TLS (RTMPS) on a plain RTMP port.";
    case ProtocolError::kEncryptedRtmp:
      return "The peer asked for encrypted RTMP (RTMPE), which is not supported.";
    case ProtocolError::kHeaderInsideMessage:
      return "A new message began inside an unfinished one.";
    case ProtocolError::kFreshCompressedHeader:
      return "A chunk referred to a header that was never sent.";
    case ProtocolError::kTooManyChunkStreams:
      return "The peer uses too many chunk streams.";
    case ProtocolError::kMessageTooLong:
      return "A message is longer than allowed.";
    case ProtocolError::kTooMuchPartialData:
      return "Too much data is waiting to be completed or answered.";
    case ProtocolError::kBadChunkSize:
      return "The peer set an impossible chunk size.";
    case ProtocolError::kBadControlMessage:
      return "A control message is cut short.";
    case ProtocolError::kBadCommand:
      return "A command cannot be decoded.";
    case ProtocolError::kUnexpectedCommand:
      return "A command came out of order.";
    case ProtocolError::kNameTooLong:
      return "An app, stream name or URL is too long.";
    case ProtocolError::kTooManyStreams:
      return "The peer created too many message streams.";
    case ProtocolError::kOutputNotRead:
      return "The peer does not read our answers.";
  }
  return "Unknown protocol error.";
}

}  // namespace sluice::rtmp
