// See the header.
#include "net/channel_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/spawn.hpp"

namespace sluice::net {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

ChannelServer::ChannelServer(asio::io_context& io, UniqueFd listener, Callbacks callbacks)
    : io_(io),
      listener_(io, listener.release()),
      callbacks_(std::move(callbacks)),
      alone_since_(Clock::now()) {}

// The peer is told at once, though a coroutine still holds its end.
ChannelServer::~ChannelServer() {
  if (peer_) peer_->close();
}

void ChannelServer::start() {
  asio::co_spawn(io_, accept_peers(), rethrow);
}

awaitable<void> ChannelServer::accept_peers() {
  const std::weak_ptr<bool> alive = alive_;
  for (;;) {
    error_code error;
    co_await listener_.async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
    if (error || alive.expired()) co_return;
    if (auto channel = os::accept_channel(listener_.native_handle())) welcome(std::move(*channel));
  }
}

// The newest manager is the one that counts: the older one is dead or about to be.
void ChannelServer::welcome(UniqueFd channel) {
  drop_peer();
  peer_ = std::make_shared<Descriptor>(io_, channel.release());
  callbacks_.on_peer();
  if (peer_) asio::co_spawn(io_, listen_to(peer_), rethrow);
}

awaitable<void> ChannelServer::listen_to(std::shared_ptr<Descriptor> peer) {
  const std::weak_ptr<bool> alive = alive_;
  while (!alive.expired() && peer == peer_) {
    auto message = os::receive_message(peer->native_handle());
    if (!message && message.error() == std::errc::resource_unavailable_try_again) {
      error_code error;
      co_await peer->async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
      if (error) co_return;
      continue;
    }
    const bool keep = message && callbacks_.on_message(std::move(*message));
    if (!keep && peer == peer_) drop_peer();
  }
}

void ChannelServer::send(std::string_view text, const std::vector<int>& fds) {
  if (peer_ && os::send_message(peer_->native_handle(), text, fds)) drop_peer();
}

void ChannelServer::drop_peer() {
  if (!peer_) return;
  peer_->close();
  peer_.reset();
  alone_since_ = Clock::now();
  if (callbacks_.on_peer_gone) callbacks_.on_peer_gone();
}

}  // namespace sluice::net
