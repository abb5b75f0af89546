// Every bound the protocol puts on what a peer may say. Each has a test at its edge.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::rtmp {

inline constexpr std::size_t kMaxNameBytes = 1024;  // app and key: refused beyond, never cut
inline constexpr std::size_t kMaxTcUrlBytes = 4096;
inline constexpr std::size_t kMaxChunkStreams = 64;  // live csids of one connection
// Set Chunk Size: 0 and sizes with the top bit are refused; a larger one counts as this, because no message
// can be longer (spec 5.4.1 says the same).
inline constexpr std::uint32_t kMaxChunkBytes = 16U << 20U;
inline constexpr std::size_t kMaxMessageBytesBeforePublish = 64U << 10U;
inline constexpr std::size_t kMaxMessageBytes = (16U << 20U) - 1;  // 24-bit length field
inline constexpr std::size_t kMaxPartialBytes = 24U << 20U;        // all half-read messages of one connection
inline constexpr std::size_t kMaxPartialBytesBeforePublish = 256U << 10U;
inline constexpr int kMaxAmfDepth = 16;
inline constexpr std::size_t kMaxAmfValues = 4096;    // values in one command or data message
inline constexpr std::size_t kMaxMessageStreams = 8;  // createStream per connection
inline constexpr std::size_t kMaxOutputBytesBeforeMedia = 64U << 10U;  // unread answers; beyond: closed
// Input of a peer that does not wait for the answer to its publish or play, kept back until then.
inline constexpr std::size_t kMaxHeldInputBytes = 256U << 10U;
inline constexpr std::uint32_t kMinAckSpacingBytes = 64U << 10U;  // whatever window the peer asks for
inline constexpr std::uint32_t kMaxAckSpacingBytes = 1'250'000;
// How far our replies may exceed what the peer has sent: no one can make an amplifier of us.
inline constexpr std::size_t kReplyAllowanceBytes = 4096;
inline constexpr std::size_t kMaxRefusalTextBytes = 256;  // of a platform's words, for people
// Handshake, connect and publish or play together; absolute, not per read.
inline constexpr std::chrono::seconds kSetupDeadline{10};

}  // namespace sluice::rtmp
