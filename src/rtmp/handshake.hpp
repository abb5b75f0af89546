// The RTMP handshake (spec 5.2) for both sides. Used by ingest (server) and relays (client).
//
// Server: the digest form (Flash Media Server, undocumented; ffmpeg and nginx-rtmp ask for it) when C1 holds
// a digest at one of its two places, else the simple form, in which S2 repeats C1 exactly. C2 is never
// looked at. Client: the simple form, as OBS; S2 is never looked at.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "rtmp/error.hpp"
#include "rtmp/output_buffer.hpp"

namespace sluice::rtmp {

inline constexpr std::size_t kHandshakeBlockBytes = 1536;

class ServerHandshake {
 public:
  explicit ServerHandshake(Instant now);
  bool done() const { return done_; }
  // Takes bytes until done(); returns how many. kNotRtmp, kTlsOnPlainPort and kEncryptedRtmp come with the
  // very first byte. REQUIRES: !done().
  std::expected<std::size_t, ProtocolError> feed(ByteView bytes, OutputBuffer& out);

 private:
  void answer(ByteView c1, OutputBuffer& out) const;

  std::uint32_t time_ms_;
  Bytes received_;  // C0 C1
  std::size_t c2_left_ = kHandshakeBlockBytes;
  bool done_ = false;
};

class ClientHandshake {
 public:
  ClientHandshake(Instant now, OutputBuffer& out);  // writes C0 C1
  bool done() const { return done_; }
  // Takes bytes until done(); writes C2 as soon as S1 is there. kNotRtmp: S0 is text. REQUIRES: !done().
  std::expected<std::size_t, ProtocolError> feed(ByteView bytes, OutputBuffer& out);

 private:
  Bytes received_;  // S0 S1
  std::size_t s2_left_ = kHandshakeBlockBytes;
  bool done_ = false;
};

}  // namespace sluice::rtmp
