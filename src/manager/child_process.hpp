// One running child and the channel to it, as callbacks. Runs in the manager, on its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "control/messages.hpp"
#include "os/channel.hpp"
#include "os/process.hpp"

namespace sluice::manager {

// Callbacks are never called from within a method and never after destruction; they may destroy the object.
class ChildProcess : public std::enable_shared_from_this<ChildProcess> {
 public:
  struct Callbacks {
    std::function<void(control::Message, std::vector<UniqueFd>)> on_message;
    std::function<void()> on_channel_lost;  // it closed, sent nonsense, or does not read
    std::function<void(std::optional<os::ExitStatus>)> on_ended;  // nullopt: was not our own child
  };

  ChildProcess(boost::asio::io_context& io, os::Process process, Callbacks callbacks);
  void start();  // once, after construction in a shared_ptr

  void talk_over(UniqueFd channel);  // replaces the one before
  // False: the channel is lost; on_channel_lost follows.
  bool send(const control::Message& message, const std::vector<int>& fds = {});
  // For what is not worth a channel: false: it was not sent, for whatever reason, and nothing follows.
  bool try_send(const control::Message& message, const std::vector<int>& fds = {});
  void signal(int number) { os::send_signal(process_, number); }
  pid_t pid() const { return process_.pid; }
  bool has_ended() const { return os::has_ended(process_); }
  // No more callbacks; the process is left alone.
  void let_go();

 private:
  void await_message();
  void await_end();
  void receive();
  void lose_channel();

  boost::asio::io_context& io_;
  os::Process process_;
  Callbacks callbacks_;
  boost::asio::posix::stream_descriptor end_;  // a duplicate of the pidfd
  std::shared_ptr<boost::asio::posix::stream_descriptor> channel_;
};

}  // namespace sluice::manager
