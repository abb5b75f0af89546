// One running child. Runs in the manager.
#include "manager/child_process.hpp"

#include <fcntl.h>

#include <boost/asio/post.hpp>

#include "base/check.hpp"

namespace sluice::manager {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

ChildProcess::ChildProcess(asio::io_context& io, os::Process process, Callbacks callbacks)
    : io_(io), process_(std::move(process)), callbacks_(std::move(callbacks)), end_(io) {
  const int copy = ::fcntl(process_.pidfd.get(), F_DUPFD_CLOEXEC, 0);
  SLUICE_CHECK(copy >= 0);
  end_.assign(copy);
}

void ChildProcess::start() {
  await_end();
}

void ChildProcess::await_end() {
  end_.async_wait(Descriptor::wait_read, [weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    // Asio gives the place of a closed descriptor to the next one while news of the closed one is still on
    // its way, and the next one's wait then ends with it. Only the process itself tells.
    if (!os::has_ended(self->process_)) return self->await_end();
    const auto status = os::reap(self->process_);
    const auto callback = self->callbacks_.on_ended;
    self->let_go();
    if (callback) callback(status);
  });
}

void ChildProcess::talk_over(UniqueFd channel) {
  if (channel_) channel_->close();
  channel_ = std::make_shared<Descriptor>(io_, channel.release());
  await_message();
}

void ChildProcess::await_message() {
  channel_->async_wait(Descriptor::wait_read,
                       [weak = weak_from_this(), channel = channel_](const error_code& error) {
                         const auto self = weak.lock();
                         if (error || !self || self->channel_ != channel) return;
                         self->receive();
                       });
}

void ChildProcess::receive() {
  auto message = os::receive_message(channel_->native_handle());
  if (!message) {
    if (message.error() == std::errc::resource_unavailable_try_again) return await_message();
    return lose_channel();
  }
  auto decoded = control::decode(message->text);
  if (!decoded) return lose_channel();
  const auto channel = channel_;
  if (callbacks_.on_message) callbacks_.on_message(std::move(*decoded), std::move(message->fds));
  if (channel_ == channel && channel_) await_message();
}

bool ChildProcess::send(const control::Message& message, const std::vector<int>& fds) {
  if (!channel_) return false;
  if (!os::send_message(channel_->native_handle(), control::encode(message), fds)) return true;
  // Told later, so that no caller is surprised in the middle of what it does.
  asio::post(io_, [weak = weak_from_this(), channel = channel_] {
    const auto self = weak.lock();
    if (self && self->channel_ == channel) self->lose_channel();
  });
  return false;
}

bool ChildProcess::try_send(const control::Message& message, const std::vector<int>& fds) {
  return channel_ && !os::send_message(channel_->native_handle(), control::encode(message), fds);
}

void ChildProcess::lose_channel() {
  if (!channel_) return;
  channel_->close();
  channel_.reset();
  if (callbacks_.on_channel_lost) callbacks_.on_channel_lost();
}

void ChildProcess::let_go() {
  callbacks_ = {};
  error_code ignored;
  ignored = end_.close(ignored);
  if (channel_) ignored = channel_->close(ignored);
  channel_.reset();
}

}  // namespace sluice::manager
