// One publisher connected to the test receiver, and the ways in which it may be treated badly. Runs in
// rtmp_sink.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "rtmp/server_session.hpp"
#include "sink_journal.hpp"

namespace sluice::tools {

// How the receiver treats every connection; the default is well.
struct Treatment {
  bool refuse_publish = false;                                  // NetStream.Publish.BadName, then closes
  std::optional<std::chrono::milliseconds> close_after;         // after the publish, without a word
  std::optional<std::chrono::milliseconds> reset_after;         // the same with RST
  std::optional<std::chrono::milliseconds> stop_reading_after;  // and never reads again
  std::optional<std::uint64_t> read_bytes_per_second;           // a slow platform
};

// Counted since the receiver started, over all connections.
struct Totals {
  std::uint64_t bytes = 0;
  std::uint64_t video = 0;
  std::uint64_t audio = 0;
  std::uint64_t key_frames = 0;
};

class SinkConnection : private rtmp::ServerEvents {
 public:
  SinkConnection(UniqueFd socket, const Treatment& treatment, const Outputs& outputs, int number,
                 Totals& totals);

  int fd() const { return socket_.get(); }
  bool wants_read(Instant now) const;
  bool wants_write() const { return !session_.output().empty(); }
  bool publishing() const { return session_.publishing(); }

  // Reads and writes what is possible now. False: the connection is over and may be destroyed.
  bool serve(bool readable, Instant now);

 private:
  void on_publish(const rtmp::PeerRequest& request) override;
  void on_play(const rtmp::PeerRequest& request) override;
  void on_media(const media::MessageView& message) override;
  void on_unpublish() override;
  void on_play_stop() override {}

  bool due(const std::optional<std::chrono::milliseconds>& delay, Instant now) const;
  bool read_some(Instant now);
  bool write_some();

  UniqueFd socket_;
  Treatment treatment_;
  Journal journal_;
  Recording recording_;
  Totals& totals_;
  rtmp::ServerSession session_;
  Instant accepted_at_;
  std::optional<Instant> published_at_;
  std::uint64_t read_bytes_ = 0;
  std::int64_t arrived_ns_ = 0;
  bool refused_ = false;
};

}  // namespace sluice::tools
