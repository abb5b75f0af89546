// The ingest process as the manager sees it: hello, listener, sources, readers. Runs in the ingest.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "ingest/server.hpp"
#include "net/channel_server.hpp"

namespace sluice::ingest {

class Worker {
 public:
  // `listener` is the control socket made by the manager.
  Worker(boost::asio::io_context& io, UniqueFd listener);
  void start();

 private:
  boost::asio::awaitable<void> report_facts();
  boost::asio::awaitable<void> await_signal();

  void say_hello();
  bool handle(os::ChannelMessage message);
  void announce_ring(const Source& source);
  void announce_facts(const Source& source);
  void announce_clip(const control::ClipRecorded& recorded, UniqueFd file);
  void tell(const control::Message& message, const std::vector<int>& fds = {});

  boost::asio::io_context& io_;
  net::ChannelServer manager_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer facts_timer_;
  std::string config_hash_;
  struct RecordedClip {
    control::ClipRecorded recorded;
    UniqueFd file;
  };
  std::map<SourceId, RecordedClip> untold_clips_;  // there was no manager when they were ready
  Server server_;
};

}  // namespace sluice::ingest
