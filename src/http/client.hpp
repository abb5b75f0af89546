// A small blocking HTTP client for the command line: one request per connection, with a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace sluice::http {

struct Origin {
  std::string host;  // without brackets for IPv6
  std::uint16_t port = 80;
};

struct ClientResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

// `http://host[:port]`, a trailing slash allowed. The error is a sentence.
std::expected<Origin, std::string> parse_origin(std::string_view url);

// `deadline` is for the whole exchange. Responses above 16 MiB are refused. The error is a sentence.
std::expected<ClientResponse, std::string> fetch(const Origin& origin, std::string_view method,
                                                 const std::string& path, const std::string& body,
                                                 std::chrono::milliseconds deadline);

// Calls `on_event` for each server-sent event until it returns false (then the result is good) or the
// connection ends (then the error says so). An event stream that is silent for 60 s counts as ended.
std::expected<void, std::string> follow_events(
    const Origin& origin, const std::string& path,
    const std::function<bool(std::string_view event, std::string_view data)>& on_event);

}  // namespace sluice::http
