// See the header.
#include "relay/wake_watch.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <utility>

#include "os/wake.hpp"

namespace sluice::relay {

using Descriptor = boost::asio::posix::stream_descriptor;

struct WakeWatch::Watch {
  Watch(boost::asio::io_context& io, UniqueFd wake, std::function<void()> callback)
      : descriptor(io, wake.release()), on_wake(std::move(callback)) {}

  Descriptor descriptor;
  std::function<void()> on_wake;
  std::array<std::uint8_t, os::kWakeBytes> count{};
  bool over = false;
};

WakeWatch::WakeWatch(boost::asio::io_context& io, std::function<void()> on_wake)
    : io_(io), on_wake_(std::move(on_wake)) {}

WakeWatch::~WakeWatch() {
  stop();
}

void WakeWatch::stop() {
  if (!watch_) return;
  watch_->over = true;
  watch_->descriptor.close();
}

void WakeWatch::watch(UniqueFd wake) {
  stop();
  watch_ = std::make_shared<Watch>(io_, std::move(wake), on_wake_);
  await(watch_);
}

int WakeWatch::fd() const {
  return watch_ ? watch_->descriptor.native_handle() : -1;
}

// Read by Asio, not waited for: a wait would cost an epoll_ctl each time.
void WakeWatch::await(const std::shared_ptr<Watch>& watch) {
  watch->descriptor.async_read_some(boost::asio::buffer(watch->count),
                                    [watch](const boost::system::error_code& error, std::size_t) {
                                      if (error || watch->over) return;
                                      watch->on_wake();
                                      if (!watch->over) await(watch);
                                    });
}

}  // namespace sluice::relay
