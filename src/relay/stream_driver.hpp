// The thin layer around one stream's machine: its socket, its ring, its timer, its progress page. Runs in a
// relay, on the one thread of its io_context. No protocol decisions here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "control/messages.hpp"
#include "control/progress.hpp"
#include "net/transport.hpp"
#include "relay/machine.hpp"
#include "rtmp/url.hpp"

namespace sluice::relay {

// What it waits for keeps it alive: whoever lets go of it must close() it first.
class StreamDriver : public std::enable_shared_from_this<StreamDriver> {
 public:
  // Never called from the constructor or after close().
  struct Callbacks {
    std::function<void(const control::RelayState&)> on_state;  // at every change
    std::function<void()> on_exit;  // the stream is over; called at most once, perhaps from within a method
  };

  // `servers` are what `config.server` and, if there is one, `config.backup_server` were parsed into.
  StreamDriver(boost::asio::io_context& io, control::ConfigureRelay config,
               std::vector<rtmp::ServerUrl> servers, control::ProgressMap progress, Callbacks callbacks);
  void start();  // once, after construction in a shared_ptr
  void close();  // abandons the connection
  StreamDriver(const StreamDriver&) = delete;
  StreamDriver& operator=(const StreamDriver&) = delete;

  void use_source(std::shared_ptr<const MessageSource> source);
  // There may be something new in it.
  void source_woken();
  void set_policy(const control::HoldPolicy& policy);
  // The source's clip; no descriptor: there is none any more. One that is damaged is named in the log and not
  // used.
  void use_clip(UniqueFd file);
  // The ring has lost its writer.
  void lose_source();
  void retry_now();
  void end();
  void hand_over();
  void stay();       // whoever asked for the hand-over is gone
  void heartbeat();  // every control::kHeartbeatEvery

  control::RelayState state() const;
  const control::ProgressMap& progress() const { return progress_; }
  std::optional<control::Progress> delivered() const { return machine_.delivered(); }
  Instant last_sent_at() const { return last_sent_at_; }

 private:
  boost::asio::awaitable<void> connect(std::uint64_t connection);
  boost::asio::awaitable<void> read_until_closed(std::uint64_t connection);
  boost::asio::awaitable<void> flush_when_writable(std::uint64_t connection);

  void spawn(boost::asio::awaitable<void> coroutine);
  void step();
  void carry_out(Wish wish);
  void flush();
  void write_when_writable();
  void drop_connection(bool abandon);
  const rtmp::ServerUrl& server() const { return servers_[machine_.server_index()]; }
  void arm_timer();
  void publish_progress();
  void report();

  boost::asio::io_context& io_;
  control::ConfigureRelay config_;
  std::vector<rtmp::ServerUrl> servers_;  // by the machine's server_index(); one or two
  control::ProgressMap progress_;
  Callbacks callbacks_;
  Machine machine_;
  std::shared_ptr<const MessageSource> source_;
  bool closed_ = false;

  std::unique_ptr<net::Transport> transport_;
  std::optional<boost::asio::posix::stream_descriptor> socket_;  // watches transport_; does not own
  boost::asio::cancellation_signal cancel_connect_;
  std::uint64_t connection_ = 0;  // counts connections, so that a late handler knows that its own is gone
  bool connecting_ = false;
  bool waiting_to_write_ = false;

  boost::asio::steady_timer timer_;
  std::optional<Instant> armed_for_;
  std::optional<Status> reported_;
  std::size_t reported_server_ = 0;
  WallTime since_{};
  Instant last_sent_at_{};
  std::uint64_t kbps_bytes_ = 0;
  Instant kbps_since_{};
  // What this stream's earlier processes have counted.
  std::uint64_t earlier_reconnects_ = 0;
  std::uint64_t earlier_dropped_video_ = 0;
  std::uint64_t earlier_dropped_audio_ = 0;
};

}  // namespace sluice::relay
