// A model of one platform and of the line to it: connections with a bounded socket buffer, a rate and a
// latency, the real ServerSession at the far end, and everything that platforms and lines do wrong.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtmp/server_session.hpp"
#include "sim/engine.hpp"
#include "sim/session_check.hpp"

namespace sluice::sim {

// What becomes of a call.
enum class Answer : std::uint8_t {
  kAccept,
  kTcpRefused,
  kNameNotFound,
  kUnanswered,  // packets vanish: TCP never connects
  kSilent,      // TCP connects, nobody speaks
  kGarbage,
  kConnectRejected,  // closed after the handshake
  kBadName,
  kDenied,
  kCloseAtPublish,
  kCloseSoon,  // accepted, then closed within seconds
};

struct Line {
  Duration latency{};
  double bytes_per_second = 0;  // of media; setting up is not slowed down
  std::size_t buffer_bytes = 0;
};

class PlatformEvents {
 public:
  virtual ~PlatformEvents() = default;
  virtual void on_goodbye(int stream) = 0;
  virtual SessionRules rules_of(int stream) = 0;
};

// The stream's keys, one per change by the user.
std::string key_of(int stream, std::uint64_t version);

class Platform;

class Connection final : private rtmp::ServerEvents {
 public:
  Connection(Platform& platform, std::uint64_t serial, Answer answer);

  // ---- the relay's end ----
  std::size_t write(ByteView bytes);  // less than asked for: the buffer is full
  Bytes take_replies() { return std::exchange(replies_, {}); }
  // What TCP knows of it.
  std::uint64_t acked_bytes() const { return received_; }
  std::size_t queued_bytes() const { return queue_.size(); }
  std::uint64_t serial() const { return serial_; }
  bool hung_up() const { return hung_up_; }
  // The user has ended the stream, or the show is over: a goodbye may come.
  void allow_goodbye() { goodbye_allowed_ = true; }
  bool may_say_goodbye() const { return goodbye_allowed_; }
  bool accepted() const { return accepted_; }
  const SessionCheck* check() const { return check_ ? &*check_ : nullptr; }
  // The last message that is whole in the socket or at the platform.
  std::uint64_t last_given() const;

 private:
  friend class Platform;
  struct Segment {
    std::size_t bytes;
  };

  void on_publish(const rtmp::PeerRequest& request) override;
  void on_play(const rtmp::PeerRequest&) override {}
  void on_media(const media::MessageView& message) override;
  void on_unpublish() override;
  void on_play_stop() override {}

  void consume(std::size_t bytes);
  void answer_back();

  Platform& platform_;
  std::uint64_t serial_;
  Answer answer_;
  rtmp::ServerSession session_;
  std::optional<SessionCheck> check_;
  Bytes queue_;  // in the relay's socket or on the line
  std::deque<Segment> segments_;
  std::size_t arrived_ = 0;  // of queue_: there, but not read
  Instant line_free_at_{};
  Bytes replies_;
  std::uint64_t received_ = 0;
  bool accepted_ = false;
  bool half_open_ = false;
  bool goodbye_allowed_ = false;
  bool hung_up_ = false;     // the platform has closed and the relay's kernel knows
  bool relay_gone_ = false;  // the relay has closed, or died
  bool reset_ = false;       // what is on the line is lost
  bool platform_gone_ = false;
};

class Platform {
 public:
  Platform(Engine& engine, const Truth& truth, PlatformEvents& events, int stream, Line line, bool healthy);

  int stream() const { return stream_; }
  bool healthy() const { return healthy_; }
  const Line& line() const { return line_; }

  // ---- what it does wrong ----
  void answer_with(Answer answer) { answer_ = answer; }
  Answer answer() const { return answer_; }
  void stall(bool stalled);
  void slow_down(double factor) { slowness_ = factor; }
  double slowness() const { return slowness_; }
  void lose_packets();  // the connections that there are become half-open
  void hang_up(bool reset);
  // The stream's earlier session is held for dead only after this long; until then the key is in use.
  void remember_dead(Duration time) { ghost_ = time; }
  bool stalled() const { return stalled_; }
  // At the ingest, of the newest live message that came here in any session.
  Instant newest_arrival() const { return newest_arrival_; }

  // ---- the relay's end ----
  Connection& connect();
  Connection* find(std::uint64_t serial);
  // `reset`: what is on the line is lost.
  void relay_closes(std::uint64_t serial, bool reset);
  Connection* current() { return connections_.empty() ? nullptr : connections_.back().get(); }

  // ---- events ----
  void on_arrive(std::uint64_t serial);
  void on_tick(std::uint64_t serial);
  void on_hang_up(std::uint64_t serial);

  int live_publishers() const;

 private:
  friend class Connection;
  void close(Connection& connection);
  void deliver(Connection& connection);
  void forget_dead();

  Engine& engine_;
  const Truth& truth_;
  PlatformEvents& events_;
  int stream_;
  std::string key_prefix_;
  Line line_;
  bool healthy_;
  Answer answer_ = Answer::kAccept;
  bool stalled_ = false;
  double slowness_ = 1;
  Duration ghost_{};
  Instant newest_arrival_{};
  std::optional<Instant> key_free_at_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::uint64_t serials_ = 0;
};

}  // namespace sluice::sim
