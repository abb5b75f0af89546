// One HTTP client that watches a source as FLV: the socket around a FlvPlayer. The manager has accepted it
// and read its request. Runs in the ingest, single-threaded; nothing here waits for the client.
//
// What the client does not take stays in the ring; there is one batch of it here, and at most kUnsentBytes
// with the kernel. It is closed when it takes nothing for kStuckViewer, when it closes its side, and, after
// all that there is, when the publisher has gone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "ingest/flv_player.hpp"
#include "ingest/http_answer.hpp"
#include "ingest/source.hpp"

namespace sluice::ingest {

class Viewer final : public LocalReader, public std::enable_shared_from_this<Viewer> {
 public:
  Viewer(boost::asio::io_context& io, UniqueFd socket);

  // One of the two, once. The source's publisher is there; the viewer detaches itself before the source is
  // destroyed (forget).
  void watch(Source& source);
  void refuse(WatchRefusal why);

  // The source is being destroyed.
  void forget(const Source& source);
  void sweep(Instant now);  // deadlines
  bool watching() const { return source_ != nullptr; }
  bool closed() const { return phase_ == Phase::kClosed; }

 private:
  enum class Phase : std::uint8_t { kOpen, kDraining, kClosed };

  void source_written() override;

  boost::asio::awaitable<void> read_until_closed();
  boost::asio::awaitable<void> flush_when_writable();
  void start();
  bool discard_some();  // false: would block, or closed
  void flush();
  bool next_batch();  // false: there is none now
  bool send_some();   // false: would block, or closed
  void wait_to_write();
  void leave_source();
  void drain();  // all is said
  void close();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor socket_;
  std::string address_;
  Source* source_ = nullptr;
  std::optional<FlvPlayer> player_;
  Bytes batch_;
  std::size_t sent_ = 0;  // of the batch
  Phase phase_ = Phase::kOpen;
  bool waiting_to_write_ = false;
  Instant last_progress_;  // or last time there was nothing to write
  Instant draining_since_{};
};

}  // namespace sluice::ingest
