// TLS over OpenSSL, reading and writing the socket directly: no second copy, and nothing is encrypted that
// the socket does not take at once.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/socket.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t kMaxRecordBytes = 16U << 10U;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;

std::string openssl_words() {
  char text[256] = "no detail";
  if (const unsigned long code = ERR_peek_last_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

bool trust_pem(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  int added = 0;
  while (const X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    added += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
  }
  ERR_clear_error();  // the end of the text is reported as an error
  return added > 0;
}

ContextPtr make_context(const std::string& ca_pem) {
  ContextPtr context{SSL_CTX_new(TLS_client_method())};
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Platforms close TCP without close_notify; that is an end, not an attack on a stream we only write to.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  const bool trusted = ca_pem.empty() ? SSL_CTX_load_verify_dir(context.get(), kSystemCaDirectory) == 1
                                      : trust_pem(context.get(), ca_pem);
  return trusted ? std::move(context) : nullptr;
}

bool expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;
  ERR_clear_error();
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

NetError classify(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return NetError::kTlsExpired;
    // Nobody serves a certificate before its time, but a machine without a clock battery starts in the past.
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return NetError::kTlsClock;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return NetError::kTlsWrongHost;
    case X509_V_OK:
      return NetError::kTlsFailed;
    default:
      return NetError::kTlsUntrusted;
  }
}

}  // namespace

// Handshake and transport are the same object in two phases of its life.
class TlsHandshake::Stream final : public Transport {
 public:
  Stream(UniqueFd socket, SslPtr ssl) : socket_(std::move(socket)), ssl_(std::move(ssl)) {}
  ~Stream() override { ERR_clear_error(); }

  int fd() const override { return socket_.get(); }
  bool wants_write() const override { return wants_write_; }

  IoStatus handshake() {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return IoStatus::kOk;
    const IoStatus status = status_of(result);
    if (status != IoStatus::kWouldBlock) remember_failure(status);
    return status;
  }
  const Failure& failure() const { return failure_; }

  IoResult read(std::span<std::uint8_t> into) override {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
    return {result == 1 ? IoStatus::kOk : status_of(result), n};
  }

  IoResult write(std::span<const ByteView> pieces) override {
    if (pieces.empty()) return {};
    const ByteView first = pieces.front();
    if (pieces.size() == 1 || first.size() >= kMaxRecordBytes)
      return write_record(first.first(std::min(first.size(), kMaxRecordBytes)));
    std::array<std::uint8_t, kMaxRecordBytes> record;
    std::size_t bytes = 0;
    for (const ByteView piece : pieces) {
      const std::size_t part = std::min(piece.size(), record.size() - bytes);
      std::memcpy(record.data() + bytes, piece.data(), part);
      bytes += part;
    }
    return write_record({record.data(), bytes});
  }

  std::string protection() const override { return SSL_get_version(ssl_.get()); }

  void finish_writing() override {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ::shutdown(socket_.get(), SHUT_WR);
  }
  void close_cleanly() override {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    socket_.reset();
  }

  void abandon() override {
    if (!socket_) return;
    set_reset_on_close(socket_.get());
    socket_.reset();
  }

 private:
  IoResult write_record(ByteView text) {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_write_ex(ssl_.get(), text.data(), text.size(), &n);
    return {result == 1 ? IoStatus::kOk : status_of(result), n};
  }

  IoStatus status_of(int result) {
    const int saved_errno = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        wants_write_ = false;
        return IoStatus::kWouldBlock;
      case SSL_ERROR_WANT_WRITE:
        wants_write_ = true;
        return IoStatus::kWouldBlock;
      case SSL_ERROR_ZERO_RETURN:
        return IoStatus::kClosed;
      default:
        system_error_ = saved_errno;
        return IoStatus::kFailed;
    }
  }

  void remember_failure(IoStatus status) {
    const long verified = SSL_get_verify_result(ssl_.get());
    failure_.error = classify(verified);
    if (verified != X509_V_OK) {
      failure_.detail = X509_verify_cert_error_string(verified);
      ERR_clear_error();
    } else if (status == IoStatus::kClosed) {
      failure_.detail = "closed during the TLS handshake";
    } else {
      failure_.detail = ERR_peek_last_error() != 0 ? openssl_words() : std::strerror(system_error_);
    }
  }

  UniqueFd socket_;
  SslPtr ssl_;
  bool wants_write_ = false;
  int system_error_ = 0;
  Failure failure_;
};

TlsHandshake::TlsHandshake(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
TlsHandshake::TlsHandshake(TlsHandshake&&) noexcept = default;
TlsHandshake& TlsHandshake::operator=(TlsHandshake&&) noexcept = default;
TlsHandshake::~TlsHandshake() = default;

std::expected<TlsHandshake, Failure> TlsHandshake::start(UniqueFd socket, const TlsOptions& options) {
  const ContextPtr context = make_context(options.ca_pem);
  if (!context) {
    const char* what = options.ca_pem.empty() ? "the system's CA directory cannot be read"
                                              : "no certificate in the CA given";
    return std::unexpected(Failure{NetError::kTlsFailed, what});
  }
  SslPtr ssl{SSL_new(context.get())};  // keeps the context alive
  if (!ssl || !expect_host(ssl.get(), options.host) || SSL_set_fd(ssl.get(), socket.get()) != 1) {
    return std::unexpected(Failure{NetError::kTlsFailed, openssl_words()});
  }
  return TlsHandshake{std::make_unique<Stream>(std::move(socket), std::move(ssl))};
}

int TlsHandshake::fd() const {
  return stream_->fd();
}
IoStatus TlsHandshake::step() {
  return stream_->handshake();
}
bool TlsHandshake::wants_write() const {
  return stream_->wants_write();
}
Failure TlsHandshake::failure() const {
  return stream_->failure();
}
std::unique_ptr<Transport> TlsHandshake::take() && {
  return std::move(stream_);
}

}  // namespace sluice::net
