// The HTTP server: sockets, deadlines and limits around the codec. Runs in the manager, on its io_context's
// one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <system_error>

#include "base/fd.hpp"
#include "http/types.hpp"

namespace sluice::http {

// Answers one request. An exception that leaves it becomes a 500 and a log line; it must not depend on the
// connection still being there.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

// Stops when destroyed: no new connections, the open ones are closed.
class Server {
 public:
  // `listener` is bound and listening (IPv4 or IPv6). Limits: limits.hpp; above kMaxConnections callers wait
  // in the backlog.
  Server(boost::asio::io_context& io, UniqueFd listener, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void stop();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace sluice::http
