// Why a connection to a platform did not come about, or broke.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::net {

enum class NetError : std::uint8_t {
  kNameNotFound,  // the host name has no address, or the resolver gave none within its deadline
  kUnreachable,   // refused, no route, or reset while connecting
  kTimeout,       // nothing within the deadline
  kTlsUntrusted,  // chain does not lead to a known CA (also: self-signed)
  kTlsExpired,    // certificate expired (or our clock runs ahead)
  kTlsClock,      // certificate not yet valid: our clock is behind
  kTlsWrongHost,  // certificate is for another name
  kTlsFailed,     // any other TLS failure: not TLS at all, no common version, bad CA given
  kClosed,        // closed by the peer
  kReset,         // reset by the peer, or any other socket error
};
struct Failure {
  NetError error = NetError::kUnreachable;
  std::string detail;  // for the log: system's or OpenSSL's words; never holds a key
};

}  // namespace sluice::net
