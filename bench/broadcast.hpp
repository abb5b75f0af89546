// One show on its way to one server: connects, publishes, and sends each frame when it is due, like OBS, with
// a mark in it. Sockets and protocol in one class, as only a bench may. Runs in bench_publisher.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "rtmp/publish_session.hpp"
#include "rtmp/url.hpp"
#include "show.hpp"
#include "tally.hpp"

namespace sluice::bench {

class Broadcast {
 public:
  // `show` outlives it; several may share one, because a mark lives only until its frame is in chunks.
  Broadcast(const std::string& url, const rtmp::ServerUrl& server, Show& show, const std::string& key);

  const std::string& url() const { return url_; }
  int fd() const { return socket_.get(); }
  bool wants_write() const { return !session_.output().empty(); }
  bool publishing() const { return begin_.has_value(); }
  // Why it cannot go on, as a sentence; nothing may be called then.
  const std::optional<std::string>& failure() const { return failure_; }

  // When go_on() has something to do.
  Instant due() const { return due_; }
  // Sends what is due. Still setting up: fails when that has taken too long.
  void go_on(Durations& lateness);
  // The socket may be read or written.
  void serve();
  // The goodbye; serve() until it does not want to write any more.
  void finish();

 private:
  void begin();
  void send(ShowMessage& message, std::uint32_t time_ms);
  void schedule();
  void receive();
  void flush();
  void fail(std::string sentence) { failure_ = std::move(sentence); }

  std::string url_;
  Show& show_;
  UniqueFd socket_;
  rtmp::PublishSession session_;
  std::optional<std::string> failure_;
  std::optional<Instant> begin_;
  Instant due_;
  std::size_t next_ = 0;        // of show_.messages
  std::uint32_t round_ms_ = 0;  // when the show began this time, in the session's own time
  std::uint64_t video_frames_ = 0;
  std::uint64_t audio_frames_ = 0;
};

}  // namespace sluice::bench
