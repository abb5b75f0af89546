// The ingest's table of sources and connections: accepts callers, authorises them, hands a source from one
// publisher to the next. Single-threaded.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ingest/connection.hpp"
#include "ingest/source_table.hpp"
#include "ingest/viewer.hpp"

namespace sluice::ingest {

// What the manager must hear.
struct ServerCallbacks {
  std::function<void(const Source&)> on_ring;    // a source got its ring
  std::function<void(const Source&)> on_change;  // it began or ended
  std::function<void(const control::RefusedPublish&)> on_refused;
  ClipCallback on_clip;
};

class Server final : public Directory {
 public:
  Server(boost::asio::io_context& io, ServerCallbacks callbacks);

  // Replaces an earlier listener; callers that wait in its backlog are served.
  void listen(UniqueFd listener);
  // The listening socket, or -1.
  int listener() const;

  // Else from this machine only, as at the start. Who plays already goes on.
  void serve_players_from_anywhere(bool anywhere) { players_from_anywhere_ = anywhere; }
  void set_source(SourceId id, std::string app, Secret key);
  void remove_source(SourceId id);
  // Answered by on_clip; at once, with clip_no_source, if nobody publishes.
  void record_clip(SourceId id, std::chrono::seconds length);
  // Serves an HTTP client whose request the manager has allowed, or tells it why not.
  void watch(SourceId id, UniqueFd socket);
  void attach(SourceId source, std::int64_t reader, UniqueFd wake);
  void detach(std::int64_t reader);
  const std::map<SourceId, std::unique_ptr<Source>>& sources() const { return sources_; }
  bool idle() const;  // nobody publishes

 private:
  std::expected<Source*, rtmp::Refusal> claim(Connection& publisher,
                                              const rtmp::PeerRequest& request) override;
  Source* find(const rtmp::PeerRequest& request) override;
  bool serves_players_from_anywhere() const override { return players_from_anywhere_; }
  void released(Connection& publisher, Source& source, bool cleanly) override;

  boost::asio::awaitable<void> accept_callers(
      std::shared_ptr<boost::asio::posix::stream_descriptor> listener);
  boost::asio::awaitable<void> sweep();
  bool accept_one(int listener);  // false: nobody waits, or no descriptor is left
  bool takes_over(Connection& newcomer, Source& source);
  void report_refused(const Connection& publisher, const rtmp::PeerRequest& request);

  boost::asio::io_context& io_;
  ServerCallbacks callbacks_;
  SourceTable table_;
  std::map<SourceId, std::unique_ptr<Source>> sources_;
  std::map<SourceId, Connection*> publishers_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Viewer>> viewers_;
  std::shared_ptr<boost::asio::posix::stream_descriptor> listener_;
  boost::asio::steady_timer sweep_timer_;
  Instant last_refused_{};
  bool players_from_anywhere_ = false;
};

}  // namespace sluice::ingest
