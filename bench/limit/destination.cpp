// The publish of one destination. Setting up may wait, nothing behind it does. Runs in bench_limit.
#include "limit/destination.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstdlib>

#include "loopback.hpp"
#include "net/socket.hpp"

namespace sluice::bench {
namespace {

using namespace std::chrono_literals;
using net::IoStatus;

constexpr auto kSetupDeadline = 10s;
constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kMaxRestBytes = 64U << 20U;

void wait_for(int fd, bool writable, Instant deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd wait{fd, static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  if (left <= 0ms || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
    fail("the receiver did not let us publish within 10 s.");
  }
}

std::unique_ptr<net::Transport> secure(UniqueFd socket, const net::TlsOptions& options, Instant deadline) {
  auto handshake = net::TlsHandshake::start(std::move(socket), options);
  if (!handshake) fail(handshake.error().detail);
  for (;;) {
    const IoStatus status = handshake->step();
    if (status == IoStatus::kOk) return std::move(*handshake).take();
    if (status != IoStatus::kWouldBlock) fail(handshake->failure().detail);
    net::set_quick_ack(handshake->fd());
    wait_for(handshake->fd(), handshake->wants_write(), deadline);
  }
}

std::unique_ptr<net::Transport> open(std::uint16_t port, const std::optional<net::TlsOptions>& tls,
                                     Instant deadline) {
  UniqueFd socket = connect_on_loopback(port);
  if (!socket) fail(fmt::format("cannot connect to 127.0.0.1:{}.", port));
  net::set_no_delay(socket.get());
  return tls ? secure(std::move(socket), *tls, deadline) : net::make_tcp_transport(std::move(socket));
}

std::string url(std::uint16_t port, bool tls) {
  return fmt::format("rtmp{}://127.0.0.1:{}/out", tls ? "s" : "", port);
}

}  // namespace

void fail(std::string_view sentence) {
  fmt::print(stderr, "bench_limit: {}\n", sentence);
  std::exit(1);
}

Destination::Destination(std::uint16_t port, const std::string& key,
                         const std::optional<net::TlsOptions>& tls)
    : transport_(open(port, tls, Clock::now() + kSetupDeadline)),
      session_({"out", url(port, tls.has_value()), Secret(key)}, Clock::now()) {
  publish(Clock::now() + kSetupDeadline);
}

void Destination::publish(Instant deadline) {
  std::array<std::uint8_t, kReadBytes> buffer{};
  while (session_.state() != rtmp::PublishState::kStreaming) {
    const std::size_t size = session_.output_size();
    session_.consume_output(size - write(session_.output()).size());
    const auto got = transport_->read(buffer);
    if (got.status == IoStatus::kWouldBlock) {
      net::set_quick_ack(fd());
      wait_for(fd(), !session_.output().empty(), deadline);
    } else if (got.status != IoStatus::kOk ||
               !session_.feed(ByteView(buffer).first(got.bytes), Clock::now()) ||
               session_.state() == rtmp::PublishState::kRefused) {
      fail("the receiver did not let us publish.");
    }
  }
}

void Destination::send(ByteView chunks) {
  const ByteView left = has_rest() ? chunks : write(chunks);
  append(rest_, left);
  if (rest_.size() > kMaxRestBytes) fail("the receiver does not read what we send.");
}

void Destination::send_rest() {
  const std::size_t left = write(rest_).size();
  rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(left));
}

void Destination::drop_input() {
  std::array<std::uint8_t, kReadBytes> buffer{};
  net::IoResult got;
  do {
    got = transport_->read(buffer);
  } while (got.status == IoStatus::kOk);
  if (got.status != IoStatus::kWouldBlock) fail("the receiver closed the connection.");
}

ByteView Destination::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = transport_->write({&bytes, 1});
    if (written.status == IoStatus::kWouldBlock) break;
    if (written.status != IoStatus::kOk) fail("the receiver closed the connection.");
    bytes = bytes.subspan(written.bytes);
  }
  return bytes;
}

}  // namespace sluice::bench
