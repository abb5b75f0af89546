// The HTTP server's coroutines: one accepts, one serves each connection. Runs in the manager.
#include "http/server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <tuple>

#include "base/log.hpp"
#include "http/codec.hpp"
#include "http/event_queue.hpp"
#include "http/limits.hpp"

namespace sluice::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::string address_of(const tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? std::string{} : peer.address().to_string();
}

// As the API's own errors look. REQUIRES: `detail` needs no escaping in JSON.
Response plain_problem(int status, std::string_view detail) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = R"({"type":"about:blank","title":")" + std::string(reason_phrase(status)) +
                  R"(","status":)" + std::to_string(status) + R"(,"detail":")" + std::string(detail) +
                  "\"}\n";
  return response;
}

// A socket with one deadline at a time: when it passes, the socket is closed, and whatever was waiting on it
// fails.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(tcp::socket socket)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        wake_(socket_.get_executor()),
        remote_(address_of(socket_)) {}

  asio::awaitable<void> serve(const Handler& handler);

  void close() {
    error_code ignored;
    std::ignore = socket_.close(ignored);
    deadline_.cancel();
    wake_.cancel();
  }

 private:
  void expire_after(std::chrono::seconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->close();
    });
  }

  asio::awaitable<std::optional<Request>> read_request();
  asio::awaitable<bool> send(std::string bytes);
  asio::awaitable<void> linger();
  void hand_over(const Response& response);
  asio::awaitable<void> stream_events(std::shared_ptr<EventQueue> queue);
  asio::awaitable<void> watch_for_close(std::shared_ptr<EventQueue> queue);

  tcp::socket socket_;
  asio::steady_timer deadline_;
  asio::steady_timer wake_;
  std::string remote_;
  RequestReader reader_;
};

asio::awaitable<std::optional<Request>> Connection::read_request() {
  std::string_view fresh;
  std::array<char, 8192> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
  bool started = false;
  expire_after(kKeepAliveIdle);
  while (true) {
    auto request = reader_.feed(fresh);
    if (!request) {
      const CodecError failure = request.error();
      if (co_await send(serialize(plain_problem(status_of(failure), sentence(failure)), false, false))) {
        co_await linger();
      }
      co_return std::nullopt;
    }
    if (*request) {
      (*request)->remote = remote_;
      co_return std::move(**request);
    }
    if (reader_.wants_continue() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n")) co_return std::nullopt;
    // Once a request has begun, all of it shares one deadline: a byte now and then does not prolong it.
    if (reader_.in_request() && !started) {
      started = true;
      expire_after(kTransferDeadline);
    }
    error_code error;
    const std::size_t size = co_await socket_.async_read_some(asio::buffer(buffer), into(error));
    if (error) co_return std::nullopt;
    fresh = {buffer.data(), size};
  }
}

asio::awaitable<bool> Connection::send(std::string bytes) {
  expire_after(kTransferDeadline);
  error_code error;
  co_await asio::async_write(socket_, asio::buffer(bytes), into(error));
  co_return !error;
}

// Closing while the peer still sends would reset the connection, and it would never see our answer.
asio::awaitable<void> Connection::linger() {
  error_code error;
  std::ignore = socket_.shutdown(tcp::socket::shutdown_send, error);
  expire_after(kLingerDeadline);
  std::array<char, 8192> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
  std::size_t left = kMaxLingerBytes;
  while (!error && left > 0) {
    left -= std::min(left, co_await socket_.async_read_some(asio::buffer(ignored), into(error)));
  }
}

void Connection::hand_over(const Response& response) {
  deadline_.cancel();
  error_code error;
  UniqueFd socket(socket_.release(error));
  if (!error) response.take_over(std::move(socket));
}

// What an event client sends is of no interest, only that it is still there.
asio::awaitable<void> Connection::watch_for_close(std::shared_ptr<EventQueue> queue) {
  std::array<char, 256> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
  error_code error;
  while (!error) co_await socket_.async_read_some(asio::buffer(ignored), into(error));
  queue->close();
}

asio::awaitable<void> Connection::stream_events(std::shared_ptr<EventQueue> queue) {
  queue->on_change([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake_.cancel();
  });
  asio::co_spawn(
      socket_.get_executor(),
      [self = shared_from_this(), queue]() -> asio::awaitable<void> {
        co_await self->watch_for_close(queue);
      },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
  while (!queue->closed()) {
    std::string bytes = queue->take();
    if (bytes.empty()) {
      deadline_.cancel();
      wake_.expires_after(kEventComment);
      error_code error;
      co_await wake_.async_wait(into(error));
      if (error) continue;
      bytes = format_comment("still here");
    }
    if (!co_await send(std::move(bytes))) break;
  }
  queue->close();
}

asio::awaitable<void> Connection::serve(const Handler& handler) {
  while (true) {
    auto request = co_await read_request();
    if (!request) break;
    deadline_.cancel();
    const bool head_only = request->method == "HEAD";
    Response response;
    try {
      response = co_await handler(std::move(*request));
    } catch (const std::exception& failure) {
      log::error("request failed", {{"why", failure.what()}});
      response = plain_problem(500, "Something went wrong inside sluiced; its log says what.");
    }
    if (!socket_.is_open()) break;
    if (response.take_over && !head_only) {
      hand_over(response);
      break;
    }
    const bool keep_alive = reader_.keep_alive() && !response.events && !response.take_over;
    if (!co_await send(serialize(response, keep_alive, head_only))) break;
    if (response.events && !head_only) co_await stream_events(response.events);
    if (!keep_alive) break;
  }
  error_code ignored;
  std::ignore = socket_.shutdown(tcp::socket::shutdown_send, ignored);
  close();
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(asio::io_context& context, Handler answer)
      : io(context), acceptor(context), room(context), handler(std::move(answer)) {}

  asio::awaitable<void> accept_all();
  void start(tcp::socket socket);
  void stop();

  asio::io_context& io;
  tcp::acceptor acceptor;
  asio::steady_timer room;  // cancelled when a connection ends
  Handler handler;
  std::set<std::shared_ptr<Connection>> connections;
  bool stopped = false;
};

asio::awaitable<void> Server::State::accept_all() {
  while (!stopped) {
    if (connections.size() >= kMaxConnections) {
      error_code ignored;
      room.expires_at(asio::steady_timer::time_point::max());
      co_await room.async_wait(into(ignored));
      continue;
    }
    error_code error;
    tcp::socket socket = co_await acceptor.async_accept(into(error));
    if (stopped) break;
    if (!error) {
      start(std::move(socket));
      continue;
    }
    // Out of descriptors, most likely: accepting at once again would spin.
    log::warning("cannot accept an HTTP connection", {{"why", error.message()}});
    room.expires_after(std::chrono::seconds{1});
    co_await room.async_wait(into(error));
  }
}

void Server::State::start(tcp::socket socket) {
  error_code ignored;
  std::ignore = socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(std::move(socket));
  connections.insert(connection);
  asio::co_spawn(
      io,
      [self = shared_from_this(), connection]() -> asio::awaitable<void> {
        co_await connection->serve(self->handler);
      },
      [self = shared_from_this(), connection](const std::exception_ptr& failure) {
        self->connections.erase(connection);
        self->room.cancel();
        if (failure) std::rethrow_exception(failure);
      });
}

void Server::State::stop() {
  if (stopped) return;
  stopped = true;
  error_code ignored;
  std::ignore = acceptor.close(ignored);
  room.cancel();
  for (const auto& connection : connections) connection->close();
}

Server::Server(asio::io_context& io, UniqueFd listener, Handler handler)
    : state_(std::make_shared<State>(io, std::move(handler))) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  state_->acceptor.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listener.release());
  state_->acceptor.non_blocking(true);
  asio::co_spawn(
      io, [state = state_]() -> asio::awaitable<void> { co_await state->accept_all(); },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
}

Server::~Server() {
  state_->stop();
}

void Server::stop() {
  state_->stop();
}

}  // namespace sluice::http
