// A connected, non-blocking byte stream to a platform: plain TCP or TLS over it. Waiting for readiness is
// the owner's matter (one epoll for all), so these never block and know no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/fd.hpp"

namespace sluice::net {

enum class IoStatus : std::uint8_t {
  kOk,
  kWouldBlock,
  kClosed,  // orderly end
  kFailed,  // reset or protocol failure: the stream is dead
};
struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;
};

// More pieces than that are not looked at in one write.
inline constexpr std::size_t kMaxPieces = 64;

class Transport {
 public:
  virtual ~Transport() = default;
  virtual int fd() const = 0;
  virtual IoResult read(std::span<std::uint8_t> into) = 0;
  // As much as the stream takes at once of `pieces`, in order. After kWouldBlock the next call must begin
  // with the same bytes.
  virtual IoResult write(std::span<const ByteView> pieces) = 0;
  // Whether the last kWouldBlock of read() or write() waits for the socket to become writable (TLS may need
  // to write in order to read).
  virtual bool wants_write() const = 0;
  // What protects it, as "TLSv1.3"; empty: nothing.
  virtual std::string protection() const { return {}; }
  // Nothing more is written: TLS close_notify, then FIN, behind what the kernel still holds. Reading goes on;
  // the peer's own end says that it has read everything. Closing at once instead could lose what the kernel
  // holds: bytes that arrive at a closed socket are answered with a reset.
  virtual void finish_writing() = 0;
  // Orderly end: TLS close_notify, then FIN. Nobody waits for the peer's.
  virtual void close_cleanly() = 0;
  // Resets the connection, so that the peer does not take it for an end (SO_LINGER 0).
  virtual void abandon() = 0;
};

std::unique_ptr<Transport> make_tcp_transport(UniqueFd socket);

}  // namespace sluice::net
