// A worker's end of the control socket: waits for a manager, hears its messages, answers. Runs in ingest and
// relays, on the one thread of their io_context. Knows no message: that is src/control's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "os/channel.hpp"

namespace sluice::net {

// May be destroyed at any time but from within its callbacks.
class ChannelServer {
 public:
  struct Callbacks {
    std::function<void()> on_peer;                       // somebody has connected: say hello
    std::function<bool(os::ChannelMessage)> on_message;  // false: nonsense, drop the peer
    std::function<void()> on_peer_gone = {};             // whatever it has asked for, it will not follow up
  };

  ChannelServer(boost::asio::io_context& io, UniqueFd listener, Callbacks callbacks);
  ~ChannelServer();
  ChannelServer(const ChannelServer&) = delete;
  ChannelServer& operator=(const ChannelServer&) = delete;
  void start();

  // Without a peer: nothing. A peer that does not take it is dropped.
  void send(std::string_view text, const std::vector<int>& fds = {});
  bool has_peer() const { return peer_ != nullptr; }
  // Since when nobody is there. REQUIRES: !has_peer().
  Instant alone_since() const { return alone_since_; }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  boost::asio::awaitable<void> accept_peers();
  boost::asio::awaitable<void> listen_to(std::shared_ptr<Descriptor> peer);
  void welcome(UniqueFd channel);
  void drop_peer();

  boost::asio::io_context& io_;
  Descriptor listener_;
  Callbacks callbacks_;
  std::shared_ptr<Descriptor> peer_;
  Instant alone_since_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace sluice::net
