// HTTP/1.1 in bytes. The one translation unit with Beast. Runs in the manager and the command line.
#include "http/codec.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "base/check.hpp"
#include "http/limits.hpp"
#include "http/text.hpp"

namespace sluice::http {
namespace {

namespace beast = boost::beast::http;

CodecError error_of(const boost::system::error_code& error) {
  if (error == beast::error::header_limit) return CodecError::kHeaderTooLarge;
  if (error == beast::error::body_limit) return CodecError::kBodyTooLarge;
  return CodecError::kMalformed;
}

// Beast takes one piece at a time (the header, a body part) and leaves what it cannot use yet.
template <typename P>
std::expected<void, CodecError> put(P& parser, std::string& input) {
  std::size_t used = 0;
  while (!parser.is_done()) {
    boost::system::error_code error;
    const std::size_t taken =
        parser.put(boost::asio::buffer(input.data() + used, input.size() - used), error);
    used += taken;
    if (error == beast::error::need_more) break;
    if (error) return std::unexpected(error_of(error));
    if (taken == 0 || used == input.size()) break;
  }
  input.erase(0, used);
  return {};
}

template <typename M>
Headers headers_of(const M& message) {
  Headers headers;
  for (const auto& field : message) {
    headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return headers;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  SLUICE_CHECK(value.find_first_of("\r\n") == std::string_view::npos);
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view sentence(CodecError error) {
  switch (error) {
    case CodecError::kMalformed:
      return "this is not a valid HTTP/1.1 message";
    case CodecError::kHeaderTooLarge:
      return "the header is larger than 16 KiB";
    case CodecError::kBodyTooLarge:
      return "the body is too large";
  }
  return "";
}

int status_of(CodecError error) {
  switch (error) {
    case CodecError::kMalformed:
      return 400;
    case CodecError::kHeaderTooLarge:
      return 431;
    case CodecError::kBodyTooLarge:
      return 413;
  }
  return 400;
}

struct RequestReader::Parser {
  beast::request_parser<beast::string_body> beast;
  Parser() {
    beast.header_limit(kMaxHeaderBytes);
    beast.body_limit(kMaxBodyBytes);
    beast.eager(true);
  }
};

RequestReader::RequestReader() : parser_(std::make_unique<Parser>()) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

std::expected<std::optional<Request>, CodecError> RequestReader::feed(std::string_view bytes) {
  input_ += bytes;
  if (input_.empty()) return std::nullopt;
  if (auto taken = put(parser_->beast, input_); !taken) return std::unexpected(taken.error());
  if (!parser_->beast.is_done()) return std::nullopt;

  keep_alive_ = parser_->beast.keep_alive();
  auto message = parser_->beast.release();
  Request request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.headers = headers_of(message);
  request.body = std::move(message.body());
  request.http_1_0 = message.version() < 11;
  parser_ = std::make_unique<Parser>();
  continue_asked_ = false;
  return request;
}

bool RequestReader::wants_continue() {
  if (continue_asked_ || !parser_->beast.is_header_done() || parser_->beast.is_done()) return false;
  const auto& message = parser_->beast.get();
  continue_asked_ = equal_ignoring_case(std::string_view(message[beast::field::expect]), "100-continue");
  return continue_asked_;
}

bool RequestReader::in_request() const {
  return !input_.empty() || parser_->beast.got_some();
}

struct ResponseReader::Parser {
  beast::response_parser<beast::string_body> beast;
};

ResponseReader::ResponseReader(std::size_t max_body_bytes) : parser_(std::make_unique<Parser>()) {
  parser_->beast.header_limit(kMaxHeaderBytes);
  parser_->beast.body_limit(max_body_bytes);
  parser_->beast.eager(true);
}
ResponseReader::~ResponseReader() = default;

std::expected<bool, CodecError> ResponseReader::feed(std::string_view bytes, bool eof) {
  input_ += bytes;
  if (!input_.empty()) {
    if (auto taken = put(parser_->beast, input_); !taken) return std::unexpected(taken.error());
  }
  if (eof && !parser_->beast.is_done()) {
    boost::system::error_code error;
    parser_->beast.put_eof(error);
    if (error) return std::unexpected(error_of(error));
  }
  return parser_->beast.is_done();
}

std::optional<ResponseHead> ResponseReader::head() const {
  if (!parser_->beast.is_header_done()) return std::nullopt;
  const auto& message = parser_->beast.get();
  return ResponseHead{static_cast<int>(message.result_int()),
                      std::string(message[beast::field::content_type])};
}

std::string ResponseReader::take_body() {
  return std::exchange(parser_->beast.get().body(), {});
}

std::string serialize(const Response& response, bool keep_alive, bool head_only) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += reason_phrase(response.status);
  out += "\r\n";
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  const bool may_have_body = response.status != 204 && response.status != 304;
  if (!response.events && !response.take_over && may_have_body) {
    append_header(out, "Content-Length", std::to_string(response.body.size()));
  }
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  if (!response.events && may_have_body && !head_only) out += response.body;
  return out;
}

std::string serialize_request(std::string_view method, std::string_view target, std::string_view host,
                              std::string_view content_type, std::string_view body) {
  std::string out;
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  append_header(out, "Host", host);
  append_header(out, "Accept", "*/*");
  append_header(out, "Connection", "close");
  if (!body.empty()) {
    append_header(out, "Content-Type", content_type);
    append_header(out, "Content-Length", std::to_string(body.size()));
  }
  out += "\r\n";
  out += body;
  return out;
}

}  // namespace sluice::http
