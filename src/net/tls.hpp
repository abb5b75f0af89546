// TLS 1.2+ as a client, over a connected non-blocking socket, with chain and host name always verified.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "net/error.hpp"
#include "net/transport.hpp"

namespace sluice::net {

struct TlsOptions {
  std::string host;    // for SNI (unless an IP literal) and for verification
  std::string ca_pem;  // trust only these; empty: the system's hashed CA directory
};

// Where the system keeps its CAs, one file per CA: nothing is loaded but what a chain asks for (the bundle
// file would cost every relay 0.85 MB and 42 ms).
inline constexpr const char* kSystemCaDirectory = "/etc/ssl/certs";

// A handshake in progress. step() until it says kOk, then take() the transport.
class TlsHandshake {
 public:
  // kTlsFailed when `ca_pem` holds no certificate.
  static std::expected<TlsHandshake, Failure> start(UniqueFd socket, const TlsOptions& options);
  TlsHandshake(TlsHandshake&&) noexcept;
  TlsHandshake& operator=(TlsHandshake&&) noexcept;
  ~TlsHandshake();

  int fd() const;
  IoStatus step();  // kWouldBlock: wait until readable, or writable if wants_write()
  bool wants_write() const;
  Failure failure() const;               // REQUIRES: step() said kClosed or kFailed
  std::unique_ptr<Transport> take() &&;  // REQUIRES: step() said kOk

 private:
  class Stream;
  explicit TlsHandshake(std::unique_ptr<Stream> stream);
  std::unique_ptr<Stream> stream_;
};

}  // namespace sluice::net
