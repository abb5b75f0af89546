// See the header. What an answer means is ConnectCheck's and failure.hpp's matter.
#include "relay/prober.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.hpp"
#include "net/connect.hpp"
#include "net/socket.hpp"
#include "net/spawn.hpp"
#include "relay/connect_check.hpp"

namespace sluice::relay {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using Descriptor = asio::posix::stream_descriptor;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kMaxAddressesShown = 8;

std::string text_of(const net::Addresses& addresses) {
  std::string text;
  const std::size_t shown = std::min(addresses.size(), kMaxAddressesShown);
  for (std::size_t i = 0; i < shown; ++i) text += (i > 0 ? ", " : "") + addresses[i].address().to_string();
  return addresses.size() > shown ? text + ", …" : text;
}

}  // namespace

Prober::Prober(asio::io_context& io, UniqueFd channel, Deadlines deadlines)
    : io_(io), manager_(io, channel.release()), deadlines_(deadlines), deadline_(io) {}

void Prober::start() {
  asio::co_spawn(io_, hear_manager(), net::rethrow);
}

// ---- the manager --------------------------------------------------------------------------------------

awaitable<void> Prober::hear_manager() {
  for (;;) {
    const auto message = os::receive_message(manager_.native_handle());
    if (!message && message.error() == std::errc::resource_unavailable_try_again) {
      error_code error;
      co_await manager_.async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
      if (!error) continue;
    }
    if (message && handle(*message)) continue;
    io_.stop();
    co_return;
  }
}

// False: nothing that a manager sends here.
bool Prober::handle(const os::ChannelMessage& message) {
  auto decoded = control::decode(message.text);
  if (!decoded) return false;
  if (auto* request = std::get_if<control::Probe>(&*decoded); request != nullptr && !begun_) {
    begun_ = true;
    whole_until_ = Clock::now() + deadlines_.whole;
    asio::co_spawn(io_, probe(std::move(*request)), net::rethrow);
    return true;
  }
  if (!std::holds_alternative<control::End>(*decoded)) return false;
  dismissed_ = true;
  end_if_done();
  return true;
}

void Prober::tell(const control::ProbeStep& step) {
  if (os::send_message(manager_.native_handle(), control::encode(step))) io_.stop();
}

void Prober::end_if_done() {
  if (dismissed_ && said_goodbye_) io_.stop();
}

// ---- the steps ----------------------------------------------------------------------------------------

void Prober::begin(std::string_view step) {
  step_ = step;
  step_since_ = Clock::now();
  give_up_at(whole_until_);
}

void Prober::passed(std::string detail) {
  if (over_) return;
  const auto ms = static_cast<int>(whole_ms(Clock::now() - step_since_));
  tell({std::string(step_), true, ms, std::move(detail), std::nullopt, false});
}

void Prober::end(std::expected<std::string, Failure> outcome) {
  if (std::exchange(over_, true)) return;
  deadline_.cancel();
  control::ProbeStep step{std::string(step_), outcome.has_value(), 0, {}, std::nullopt, true};
  step.ms = static_cast<int>(whole_ms(Clock::now() - step_since_));
  if (outcome) {
    step.detail = std::move(*outcome);
  } else {
    step.reason = reason_of(outcome.error());
    // Where the sentence has them already they are not said twice.
    if (!step.reason->text.contains(outcome.error().words)) step.detail = outcome.error().words;
  }
  tell(step);
}

// Whatever is waited for then is left as it is: the process ends.
void Prober::give_up_at(Instant when) {
  deadline_.expires_at(when);
  deadline_.async_wait([this](const error_code& error) {
    if (!error) end(std::unexpected(Failure{FailureKind::kTimeout, {}}));
  });
}

awaitable<void> Prober::probe(control::Probe request) {
  const auto server = rtmp::parse_server_url(request.server);
  if (!server) {  // the manager has checked it
    log::error("not a server", {{"why", rtmp::sentence(server.error())}});
    io_.stop();
    co_return;
  }
  auto transport = co_await open(*server, std::move(request.tls_ca));
  if (over_) co_return;
  if (!transport) co_return end(std::unexpected(std::move(transport.error())));
  co_await talk(std::move(*transport), *server);
}

awaitable<Prober::Opened> Prober::open(const rtmp::ServerUrl& server, std::string tls_ca) {
  begin("name");
  auto addresses = co_await net::resolve(server.host, server.port, net::kResolveDeadline);
  if (!addresses) co_return std::unexpected(from_net(addresses.error()));
  passed(text_of(*addresses));

  begin("tcp");
  auto socket = co_await net::open_socket(std::move(*addresses));
  if (!socket) co_return std::unexpected(from_net(socket.error()));
  passed(net::peer_address(socket->get()).text);
  if (!server.tls) co_return net::make_tcp_transport(std::move(*socket));

  begin("tls");
  auto secured = co_await net::secure(std::move(*socket), {server.host, std::move(tls_ca)});
  if (!secured) co_return std::unexpected(from_net(secured.error()));
  passed((*secured)->protection());
  co_return std::move(*secured);
}

namespace {

// The transport's socket among what the loop watches; it stays the transport's.
struct SocketWatch {
  SocketWatch(asio::io_context& io, const net::Transport& transport) : descriptor(io, transport.fd()) {}
  ~SocketWatch() { descriptor.release(); }
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // False: cancelled.
  awaitable<bool> ready(bool to_write) {
    error_code error;
    co_await descriptor.async_wait(to_write ? Descriptor::wait_write : Descriptor::wait_read,
                                   asio::redirect_error(use_awaitable, error));
    co_return !error;
  }

  Descriptor descriptor;
};

awaitable<bool> read_to_the_end(net::Transport& transport, SocketWatch& watch) {
  std::array<std::uint8_t, kReadBytes> ignored;
  for (;;) {
    const net::IoStatus status = transport.read(ignored).status;
    if (status == net::IoStatus::kClosed || status == net::IoStatus::kFailed) co_return true;
    if (status == net::IoStatus::kOk)
      co_await asio::post(watch.descriptor.get_executor(), use_awaitable);
    else if (!co_await watch.ready(false))
      co_return false;
  }
}

awaitable<bool> after(Duration duration) {
  asio::steady_timer timer{co_await asio::this_coro::executor, duration};
  error_code ignored;
  co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
  co_return true;
}

// An orderly end, so that the platform has no broken connection in its log. It is not waited for for long.
awaitable<void> say_goodbye(net::Transport& transport, SocketWatch& watch) {
  transport.finish_writing();
  co_await (read_to_the_end(transport, watch) || after(kGoodbyeDeadline));
}

// What the socket takes at once. False: it is waiting to take more.
bool write_some(net::Transport& transport, bool tls, ConnectCheck& check) {
  while (!check.outcome() && !check.output().empty()) {
    const ByteView first = check.output();
    const net::IoResult result = transport.write({&first, 1});
    if (result.status == net::IoStatus::kWouldBlock) return tls && !transport.wants_write();
    if (result.status != net::IoStatus::kOk) check.closed_by_peer();
    check.sent(result.bytes);
  }
  return true;
}

}  // namespace

awaitable<void> Prober::talk(std::unique_ptr<net::Transport> transport, const rtmp::ServerUrl& server) {
  begin("rtmp");
  give_up_at(std::min(whole_until_, Clock::now() + deadlines_.rtmp));
  ConnectCheck check(server, Clock::now());
  SocketWatch watch(io_, *transport);
  std::array<std::uint8_t, kReadBytes> buffer;
  for (int reads = 1; !check.outcome(); ++reads) {
    // A platform that floods us must not keep us from the deadline.
    if (reads % kReadsPerTurn == 0) co_await asio::post(io_, use_awaitable);
    if (over_) break;
    const bool written = write_some(*transport, server.tls, check);
    const net::IoResult result = transport->read(buffer);
    if (result.status == net::IoStatus::kOk) {
      check.received({buffer.data(), result.bytes}, Clock::now());
    } else if (result.status != net::IoStatus::kWouldBlock) {
      check.closed_by_peer();
    } else {
      net::set_quick_ack(transport->fd());
      co_await watch.ready(!written || transport->wants_write());
    }
  }
  said_goodbye_ = false;
  if (check.outcome()) end(*check.outcome());
  co_await say_goodbye(*transport, watch);
  said_goodbye_ = true;
  end_if_done();
}

}  // namespace sluice::relay
