// The unit that flows through Sluice: one RTMP audio, video or data message, payload untouched.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace sluice::media {

// Values are the RTMP message type ids and the FLV tag types (they are the same).
enum class MessageKind : std::uint8_t { kAudio = 8, kVideo = 9, kData = 18 };

// Does not own its payload: valid as long as the buffer it was cut from.
struct MessageView {
  MessageKind kind = MessageKind::kData;
  std::uint32_t timestamp_ms = 0;  // as on the wire: 32 bit, wraps
  ByteView payload;
};

}  // namespace sluice::media
