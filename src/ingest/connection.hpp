// One accepted RTMP connection: the socket around a rtmp::ServerSession. Runs in the ingest, single-threaded.
// The Directory decides who may publish or play; this class only moves bytes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "ingest/player.hpp"
#include "ingest/source.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::ingest {

class Connection;

// What connections ask of the ingest.
class Directory {
 public:
  virtual ~Directory() = default;
  // The source to publish into, already taken over from whoever held it; never nullptr. Refused (and
  // reported): there is no such source, or another encoder keeps it.
  virtual std::expected<Source*, rtmp::Refusal> claim(Connection& publisher,
                                                      const rtmp::PeerRequest& request) = 0;
  // The source to play; nullptr: none.
  virtual Source* find(const rtmp::PeerRequest& request) = 0;
  // Else from this machine only.
  virtual bool serves_players_from_anywhere() const = 0;
  // The connection has stopped publishing into its source.
  virtual void released(Connection& publisher, Source& source, bool cleanly) = 0;
};

class Connection final : public rtmp::ServerEvents,
                         public LocalReader,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::io_context& io, UniqueFd socket, Directory& directory);
  ~Connection() override;

  void start();
  // Another publisher has taken the source over, or the source is gone.
  void evict(rtmp::Refusal why, std::string_view description);
  // The source is being destroyed.
  void forget(const Source& source);
  void sweep(Instant now);  // deadlines

  bool closed() const { return phase_ == Phase::kClosed; }
  const std::string& address() const { return address_; }

 private:
  enum class Phase : std::uint8_t { kOpen, kDraining, kClosed };

  void on_publish(const rtmp::PeerRequest& request) override;
  void on_play(const rtmp::PeerRequest& request) override;
  void on_media(const media::MessageView& message) override;
  void on_unpublish() override;
  void on_play_stop() override;
  void source_written() override;

  boost::asio::awaitable<void> read_until_closed();
  boost::asio::awaitable<void> flush_when_writable();
  bool read_some();  // false: would block, or closed
  void received(ByteView bytes);
  void flush();
  void stop_publishing(bool cleanly);
  void stop_playing();
  void drain();  // say what is to be said, then close
  void close();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor socket_;
  Directory& directory_;
  std::string address_;
  bool from_loopback_ = false;
  rtmp::ServerSession session_;
  Phase phase_ = Phase::kOpen;
  bool waiting_to_write_ = false;
  Instant last_read_;
  Instant last_write_;  // or last time there was nothing to write
  Instant draining_since_{};
  Source* publishing_into_ = nullptr;
  Source* playing_from_ = nullptr;
  std::optional<Player> player_;  // once the source has a ring
};

}  // namespace sluice::ingest
