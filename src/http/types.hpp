// HTTP requests and responses as this project sees them: plain values, no library types.
// Used by the manager (server side) and its tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.hpp"

namespace sluice::http {

class EventQueue;

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name (compared without case); nullopt when there is none.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // as sent, upper case by convention
  std::string target;  // as sent: path and query
  Headers headers;
  std::string body;
  std::string remote;  // address of the peer, without the port
  bool http_1_0 = false;

  std::string_view path() const;   // of the target, not decoded
  std::string_view query() const;  // without the question mark
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no such header
  std::string body;
  Headers headers;
  // Set: the body is an endless stream of server-sent events, and `body` is ignored. The server holds a
  // reference until the client goes; the producer pushes and learns from the queue when that happened.
  std::shared_ptr<EventQueue> events;
  // Set: somebody else answers, head and all, over the connection's own socket, which is his from then on.
  // Called once, from within the server, with nothing sent yet; what the client has sent behind its request
  // is dropped. A HEAD request is answered by the server instead, with `status` and the headers of this
  // response.
  std::function<void(UniqueFd socket)> take_over;
};

std::string_view reason_phrase(int status);

}  // namespace sluice::http
