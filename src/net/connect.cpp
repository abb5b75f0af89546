// The driver behind open_transport().
#include "net/connect.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <variant>

#include "net/dial.hpp"
#include "net/socket.hpp"

namespace sluice::net {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using boost::system::error_code;

Failure fail(NetError error, std::string detail) {
  return Failure{error, std::move(detail)};
}

awaitable<bool> after(Duration duration) {
  asio::steady_timer timer{co_await asio::this_coro::executor, duration};
  error_code ignored;
  co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
  co_return true;
}

awaitable<IoStatus> shake_hands(TlsHandshake& handshake) {
  asio::posix::stream_descriptor watch{co_await asio::this_coro::executor};
  watch.assign(handshake.fd());
  IoStatus status = handshake.step();
  while (status == IoStatus::kWouldBlock) {
    const auto what = handshake.wants_write() ? asio::posix::descriptor_base::wait_write
                                              : asio::posix::descriptor_base::wait_read;
    set_quick_ack(handshake.fd());
    error_code error;
    co_await watch.async_wait(what, asio::redirect_error(use_awaitable, error));
    if (error) break;
    status = handshake.step();
  }
  watch.release();
  co_return status;
}

}  // namespace

awaitable<std::expected<std::unique_ptr<Transport>, Failure>> secure(UniqueFd socket, TlsOptions options) {
  auto handshake = TlsHandshake::start(std::move(socket), options);
  if (!handshake) co_return std::unexpected(std::move(handshake.error()));
  const auto outcome = co_await (shake_hands(*handshake) || after(kTlsDeadline));
  if (outcome.index() == 1)
    co_return std::unexpected(fail(NetError::kTimeout, "no answer to the TLS handshake"));
  if (std::get<0>(outcome) != IoStatus::kOk) co_return std::unexpected(handshake->failure());
  co_return std::move(*handshake).take();
}

awaitable<std::expected<UniqueFd, Failure>> open_socket(Addresses addresses) {
  auto socket = co_await dial(std::move(addresses));
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  set_no_delay(socket->get());
  set_keepalive(socket->get());
  set_user_timeout(socket->get(), std::chrono::seconds{15});
  set_unsent_limit(socket->get(), kUnsentLimitBytes);
  co_return std::move(*socket);
}

awaitable<std::expected<std::unique_ptr<Transport>, Failure>> open_transport(ConnectRequest request) {
  auto addresses = co_await resolve(request.host, request.port, kResolveDeadline);
  if (!addresses) co_return std::unexpected(std::move(addresses.error()));
  auto socket = co_await open_socket(std::move(*addresses));
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  if (!request.tls) co_return make_tcp_transport(std::move(*socket));
  co_return co_await secure(std::move(*socket), std::move(*request.tls));
}

}  // namespace sluice::net
