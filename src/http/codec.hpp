// HTTP/1.1 in bytes: reading requests and responses, writing both. Sans-I/O: bytes in, values out. The only
// file that knows Beast is codec.cpp. Used by the manager (requests) and the command line (responses).
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/types.hpp"

namespace sluice::http {

enum class CodecError : std::uint8_t {
  kMalformed,       // not HTTP/1.x, or a header or chunk that does not parse
  kHeaderTooLarge,  // above kMaxHeaderBytes
  kBodyTooLarge,    // above the limit given
};
std::string_view sentence(CodecError error);
int status_of(CodecError error);  // what a server answers

// One request after the other from one connection. After an error the connection is of no more use.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  // Takes bytes as they come, cut anywhere. A whole request, or nullopt: more bytes are needed. Bytes of the
  // next request are kept; call with nothing to get at it.
  std::expected<std::optional<Request>, CodecError> feed(std::string_view bytes);
  // The client waits for "100 Continue" before it sends its body. True once per request.
  bool wants_continue();
  // Of the request returned last.
  bool keep_alive() const { return keep_alive_; }
  // Part of a request has arrived.
  bool in_request() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string input_;
  bool keep_alive_ = false;
  bool continue_asked_ = false;
};

// A response to one request of ours. `eof` says that the peer has closed: it may be what ends the body.
struct ResponseHead {
  int status = 0;
  std::string content_type;
};
class ResponseReader {
 public:
  explicit ResponseReader(std::size_t max_body_bytes);
  ~ResponseReader();

  // False until the whole response has arrived.
  std::expected<bool, CodecError> feed(std::string_view bytes, bool eof = false);
  std::optional<ResponseHead> head() const;  // as soon as it has arrived
  // What of the body has arrived since the last call.
  std::string take_body();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string input_;
};

// The bytes of a response. `head_only` for HEAD: the length is told, the body is not sent. A response with
// events has no length and no body here. REQUIRES: no line breaks in headers (they are our own).
std::string serialize(const Response& response, bool keep_alive, bool head_only);
std::string serialize_request(std::string_view method, std::string_view target, std::string_view host,
                              std::string_view content_type, std::string_view body);

}  // namespace sluice::http
