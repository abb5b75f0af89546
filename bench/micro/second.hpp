// One second of a typical show, as messages: 30 video frames (the first one a key frame) and 47 audio frames,
// 6.2 Mbit/s. Used by the micro-benchmarks.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::bench {

struct TypicalMessage {
  media::MessageKind kind;
  std::uint32_t timestamp_ms;
  Bytes payload;
  media::MessageView view() const { return {kind, timestamp_ms, payload}; }
};

inline std::vector<TypicalMessage> typical_second() {
  constexpr std::size_t kKeyFrameBytes = 195'000;
  constexpr std::size_t kOtherFrameBytes = 19'000;
  constexpr std::size_t kAudioBytes = 430;
  const auto coded = [](std::uint8_t first, std::size_t bytes) {
    Bytes payload(bytes, 0x5a);
    payload[0] = first;
    payload[1] = 1;  // a coded frame, not a configuration
    return payload;
  };
  std::vector<TypicalMessage> messages;
  std::uint32_t audio = 0;
  for (std::uint32_t frame = 0; frame < 30; ++frame) {
    const std::uint32_t time_ms = frame * 1000 / 30;
    for (; audio * 1024 / 48 <= time_ms; ++audio) {
      messages.push_back({media::MessageKind::kAudio, audio * 1024 / 48, coded(0xaf, kAudioBytes)});
    }
    const bool key = frame == 0;
    messages.push_back({media::MessageKind::kVideo, time_ms,
                        coded(key ? 0x17 : 0x27, key ? kKeyFrameBytes : kOtherFrameBytes)});
  }
  return messages;
}

inline std::size_t bytes_of(const std::vector<TypicalMessage>& messages) {
  std::size_t bytes = 0;
  for (const TypicalMessage& message : messages) bytes += message.payload.size();
  return bytes;
}

}  // namespace sluice::bench
