// TLS between memory buffers, by OpenSSL. Runs in bench_sink.
#include "tls_server.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>

namespace sluice::bench {
namespace {

constexpr std::size_t kRecordBytes = 16384;  // RFC 8446, 5.1

}  // namespace

std::expected<TlsContext, std::string> load_tls_context(const std::string& path) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context.get(), path.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return std::unexpected(fmt::format("{} holds no certificate with its key.", path));
  }
  return context;
}

TlsServer::TlsServer(SSL_CTX& context)
    : ssl_(SSL_new(&context)), incoming_(BIO_new(BIO_s_mem())), outgoing_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  SSL_set_accept_state(ssl_.get());
}

bool TlsServer::feed(ByteView encrypted, Bytes& plain) {
  ERR_clear_error();
  BIO_write(incoming_, encrypted.data(), static_cast<int>(encrypted.size()));
  std::array<std::uint8_t, kRecordBytes> record{};
  std::size_t got = 0;
  int result = 0;
  while ((result = SSL_read_ex(ssl_.get(), record.data(), record.size(), &got)) == 1) {
    append(plain, ByteView(record).first(got));
  }
  const int why = SSL_get_error(ssl_.get(), result);
  take_output();
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN;
}

bool TlsServer::write(ByteView plain) {
  ERR_clear_error();
  std::size_t written = 0;  // all: memory takes everything
  const bool taken = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) == 1;
  take_output();
  return taken;
}

void TlsServer::consume_output(std::size_t bytes) {
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(bytes));
}

void TlsServer::take_output() {
  const std::size_t waiting = BIO_ctrl_pending(outgoing_);
  if (waiting == 0) return;
  const std::size_t before = output_.size();
  output_.resize(before + waiting);
  BIO_read(outgoing_, output_.data() + before, static_cast<int>(waiting));
}

}  // namespace sluice::bench
