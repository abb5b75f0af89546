// One test of a server: is its name found, does it answer, is its certificate right, does it take `connect`?
// Nothing is published. Runs in a probe, a relay program that does this and ends; it tells each step to the
// manager that started it, and does not outlive that one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "control/messages.hpp"
#include "net/resolve.hpp"
#include "net/transport.hpp"
#include "os/channel.hpp"
#include "relay/failure.hpp"
#include "relay/machine.hpp"
#include "rtmp/url.hpp"

namespace sluice::relay {

// Somebody waits for the answer, so all steps together have less time than a relay's have one by one.
inline constexpr Duration kProbeDeadline = std::chrono::seconds{14};

// Its coroutines refer to it: it must outlive the loop's last handler.
class Prober {
 public:
  struct Deadlines {
    Duration rtmp = kSetupDeadline;
    Duration whole = kProbeDeadline;  // without the goodbye
  };

  // `channel` is connected to the manager; it brings the one control::Probe. io.run() returns when everything
  // is told and the manager has said End, or when the manager is gone.
  Prober(boost::asio::io_context& io, UniqueFd channel) : Prober(io, std::move(channel), Deadlines{}) {}
  Prober(boost::asio::io_context& io, UniqueFd channel, Deadlines deadlines);
  void start();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

 private:
  using Opened = std::expected<std::unique_ptr<net::Transport>, Failure>;

  boost::asio::awaitable<void> hear_manager();
  bool handle(const os::ChannelMessage& message);

  boost::asio::awaitable<void> probe(control::Probe request);
  boost::asio::awaitable<Opened> open(const rtmp::ServerUrl& server, std::string tls_ca);
  boost::asio::awaitable<void> talk(std::unique_ptr<net::Transport> transport, const rtmp::ServerUrl& server);

  void begin(std::string_view step);
  void passed(std::string detail);  // but for the last one
  void end(std::expected<std::string, Failure> outcome);
  void tell(const control::ProbeStep& step);
  void give_up_at(Instant when);
  void end_if_done();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor manager_;
  Deadlines deadlines_;
  boost::asio::steady_timer deadline_;
  Instant whole_until_{};
  std::string_view step_;
  Instant step_since_{};
  bool begun_ = false;
  bool over_ = false;       // the last step is told
  bool dismissed_ = false;  // the manager has heard it
  bool said_goodbye_ = true;
};

}  // namespace sluice::relay
