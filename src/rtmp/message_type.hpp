// Numbers of the RTMP wire format (spec 5.4, 6.1, 7.1). Used by ingest and relays.
#pragma once

#include <cstdint>

namespace sluice::rtmp {

enum MessageType : std::uint8_t {
  kSetChunkSize = 1,
  kAbort = 2,
  kAcknowledgement = 3,
  kUserControl = 4,
  kWindowAckSize = 5,
  kSetPeerBandwidth = 6,
  kAudio = 8,
  kVideo = 9,
  kAmf3Data = 15,
  kAmf3Command = 17,
  kData = 18,
  kCommand = 20,
  kAggregate = 22,
};

enum UserControlEvent : std::uint16_t {
  kStreamBegin = 0,
  kStreamEof = 1,
  kPingRequest = 6,
  kPingResponse = 7,
};

// Chunk stream ids we send on. All below 64 (a one-byte header): some servers take no others.
inline constexpr std::uint8_t kControlChunkStream = 2;
inline constexpr std::uint8_t kCommandChunkStream = 3;
inline constexpr std::uint8_t kAudioChunkStream = 4;
inline constexpr std::uint8_t kDataChunkStream = 5;
inline constexpr std::uint8_t kVideoChunkStream = 6;
inline constexpr std::uint8_t kStreamCommandChunkStream = 8;  // publish and its answers

inline constexpr std::uint32_t kDefaultChunkBytes = 128;  // until SetChunkSize

}  // namespace sluice::rtmp
