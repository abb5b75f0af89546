// The relay process as the manager sees it: hello, configuration, ring, orders. Runs in a relay.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "net/channel_server.hpp"
#include "relay/stream_driver.hpp"

namespace sluice::relay {

// A relay that no manager has asked for and that sends nothing ends itself after this long.
inline constexpr Duration kLonelyDeadline = std::chrono::minutes{10};

class Worker {
 public:
  // `listener` is the control socket made by the manager.
  Worker(boost::asio::io_context& io, std::int64_t stream, UniqueFd listener);
  void start();

 private:
  boost::asio::awaitable<void> beat();
  boost::asio::awaitable<void> await_signal();

  void say_hello();
  bool handle(os::ChannelMessage message);
  void configure(control::ConfigureRelay config, std::vector<UniqueFd> fds);
  void use_ring(const control::UseRing& order, std::vector<UniqueFd> fds);
  void end();
  void hand_over();
  void tell(const control::Message& message, const std::vector<int>& fds = {});

  boost::asio::io_context& io_;
  std::int64_t stream_;
  net::ChannelServer manager_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer beat_timer_;
  std::string config_hash_;
  std::string ring_id_;
  std::unique_ptr<StreamDriver> driver_;
};

}  // namespace sluice::relay
