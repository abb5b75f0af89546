// Plain TCP.
#include "net/transport.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/socket.hpp"

namespace sluice::net {
namespace {

IoStatus status_of_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return IoStatus::kWouldBlock;
  return IoStatus::kFailed;
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const override { return socket_.get(); }
  bool wants_write() const override { return false; }

  IoResult read(std::span<std::uint8_t> into) override {
    const auto n = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (n > 0) return {IoStatus::kOk, static_cast<std::size_t>(n)};
    return {n == 0 ? IoStatus::kClosed : status_of_errno(), 0};
  }

  IoResult write(std::span<const ByteView> pieces) override {
    std::array<iovec, kMaxPieces> list;
    const std::size_t count = std::min(pieces.size(), list.size());
    for (std::size_t i = 0; i < count; ++i) {
      list[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
    }
    msghdr message{};
    message.msg_iov = list.data();
    message.msg_iovlen = count;
    const auto n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {IoStatus::kOk, static_cast<std::size_t>(n)};
    return {status_of_errno(), 0};
  }

  void finish_writing() override { ::shutdown(socket_.get(), SHUT_WR); }
  void close_cleanly() override { socket_.reset(); }

  void abandon() override {
    if (!socket_) return;
    set_reset_on_close(socket_.get());
    socket_.reset();
  }

 private:
  UniqueFd socket_;
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(UniqueFd socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

}  // namespace sluice::net
