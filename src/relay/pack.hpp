// What one relay process carries: a stream, or a pack of streams that read the same source and are woken
// together. Runs in a relay, on the one thread of its io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/fd.hpp"
#include "net/channel_server.hpp"
#include "relay/shared_rings.hpp"
#include "relay/wake_watch.hpp"
#include "relay/worker.hpp"

namespace sluice::relay {

// A pack that carries nothing is ended by its manager. Without one it ends itself after this long.
inline constexpr Duration kEmptyDeadline = std::chrono::seconds{10};

class Pack {
 public:
  // A process for one stream. `listener` is the stream's control socket, made by the manager.
  static std::unique_ptr<Pack> of_one(boost::asio::io_context& io, std::int64_t stream, UniqueFd listener);
  // A process for the streams that the manager sends to the pack's own control socket.
  static std::unique_ptr<Pack> of_many(boost::asio::io_context& io, std::int64_t pack, UniqueFd listener);

  // io.run() returns when the one stream is over, or, of many, the last one after SIGTERM.
  void start();

 private:
  Pack(boost::asio::io_context& io, std::int64_t pack);

  boost::asio::awaitable<void> beat();
  boost::asio::awaitable<void> await_signal();

  void say_hello();
  bool handle(os::ChannelMessage message);
  void carry(std::int64_t stream, UniqueFd listener);
  void drop(std::int64_t stream);
  void wake_all();

  boost::asio::io_context& io_;
  std::int64_t pack_;  // 0: of one stream
  boost::asio::signal_set signals_;
  boost::asio::steady_timer beat_timer_;
  SharedRings rings_;
  std::optional<net::ChannelServer> manager_;
  WakeWatch wake_;
  std::map<std::int64_t, std::unique_ptr<Worker>> workers_;
  Instant empty_since_ = Clock::now();
  bool ending_ = false;
};

}  // namespace sluice::relay
