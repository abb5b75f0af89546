// TLS as the bench's receiver speaks it, without a socket: bytes in, bytes out. Runs in bench_sink.
#pragma once

#include <openssl/ssl.h>

#include <expected>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace sluice::bench {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

// `path`: a PEM file with key and certificate. The error is a sentence.
std::expected<TlsContext, std::string> load_tls_context(const std::string& path);

class TlsServer {
 public:
  explicit TlsServer(SSL_CTX& context);

  // Appends to `plain` what could be decrypted. False: the connection is of no use any more.
  bool feed(ByteView encrypted, Bytes& plain);
  // False: the handshake is not over, or the connection is of no use any more.
  bool write(ByteView plain);

  ByteView output() const { return output_; }
  void consume_output(std::size_t bytes);

 private:
  void take_output();

  std::unique_ptr<SSL, FreeTls> ssl_;
  BIO* incoming_;  // both are owned by ssl_
  BIO* outgoing_;
  Bytes output_;
};

}  // namespace sluice::bench
