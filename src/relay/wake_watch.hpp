// Waits for a wake-up (os/wake.hpp) and calls each time it comes. Runs in relays.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/fd.hpp"

namespace sluice::relay {

class WakeWatch {
 public:
  // `on_wake` may destroy the watch. Several wake-ups that come at once are one call.
  WakeWatch(boost::asio::io_context& io, std::function<void()> on_wake);
  ~WakeWatch();
  WakeWatch(const WakeWatch&) = delete;
  WakeWatch& operator=(const WakeWatch&) = delete;

  // From now on, instead of the one before.
  void watch(UniqueFd wake);
  int fd() const;  // of what is watched; -1: nothing yet

 private:
  struct Watch;
  void stop();
  static void await(const std::shared_ptr<Watch>& watch);

  boost::asio::io_context& io_;
  std::function<void()> on_wake_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace sluice::relay
