// One stream as the manager sees it: hello, configuration, ring, orders. Runs in a relay.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "net/channel_server.hpp"
#include "relay/shared_rings.hpp"
#include "relay/stream_driver.hpp"
#include "relay/wake_watch.hpp"

namespace sluice::relay {

// A stream that no manager has asked for and that sends nothing ends itself after this long.
inline constexpr Duration kLonelyDeadline = std::chrono::minutes{10};

class Worker {
 public:
  struct Identity {
    std::int64_t stream = 0;
    std::int64_t pack = 0;  // 0: the stream has this process to itself
  };
  // `listener` is the control socket made by the manager. `on_over`: the stream has left the platform and
  // nothing remains to be done; called at most once, perhaps from within a method. `rings` outlives it.
  Worker(boost::asio::io_context& io, Identity identity, UniqueFd listener, SharedRings& rings,
         std::function<void()> on_over);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void source_woken();  // the pack was
  void beat();          // every control::kHeartbeatEvery
  void end();

 private:
  void say_hello();
  bool handle(os::ChannelMessage message);
  void configure(control::ConfigureRelay config, std::vector<UniqueFd> fds);
  void use_ring(const control::UseRing& order, std::vector<UniqueFd> fds);
  void hand_over();
  void tell(const control::Message& message, const std::vector<int>& fds = {});

  boost::asio::io_context& io_;
  Identity identity_;
  SharedRings& rings_;
  std::function<void()> on_over_;
  net::ChannelServer manager_;
  WakeWatch wake_;  // of a stream that has this process to itself
  std::string config_hash_;
  std::string ring_id_;
  std::shared_ptr<StreamDriver> driver_;
};

}  // namespace sluice::relay
