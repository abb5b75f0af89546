// A relay's whole life, sans-I/O: wait for the source, connect, publish, send, stall, back off, end. The
// driver feeds it what happened and when, and carries out its wishes; it holds no socket and no timer.
//
// After every call of an event function the driver must: take wishes until none is left, write output() and
// report sent(), and arm one timer for deadline().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "control/messages.hpp"
#include "relay/backoff.hpp"
#include "relay/failure.hpp"
#include "relay/feed.hpp"
#include "rtmp/publish_session.hpp"

namespace sluice::relay {

inline constexpr Duration kConnectingDeadline = std::chrono::seconds{30};  // name, TCP on all addresses, TLS
inline constexpr Duration kSetupDeadline = std::chrono::seconds{10};       // handshake to Publish.Start
inline constexpr Duration kStallDeadline = std::chrono::seconds{10};
inline constexpr Duration kGoodbyeDeadline = std::chrono::milliseconds{200};
// A fresh relay is told its source's ring within this time; only then is the source called absent.
inline constexpr Duration kSourceGrace = std::chrono::milliseconds{200};
// A close this soon after the key was told, on a stream that was never healthy, is a refused key: Twitch and
// others close without a word.
inline constexpr Duration kEarlyClose = std::chrono::seconds{5};
// Messages are chunked together up to this much, then written at once.
inline constexpr std::size_t kBatchBytes = 64U << 10U;

enum class Wish : std::uint8_t {
  kNone,
  kConnect,  // then connected() or connect_failed()
  kClose,    // orderly; nothing of this connection is reported any more
  kAbandon,  // reset; also cancels a connect under way
  kExit,     // the stream is over: the process ends
};

struct Status {
  control::StreamState state = control::StreamState::kWaiting;
  std::optional<control::Reason> reason;
  std::optional<Instant> next_try;
  friend bool operator==(const Status&, const Status&) = default;
};

class Machine {
 public:
  // `seed` only spreads the retries of many relays.
  Machine(rtmp::PublishTarget target, std::uint64_t seed, Instant now);

  // ---- what happened ----
  void use_source(const MessageSource* source, Instant now);
  void resume_from(const control::Progress& progress) { feed_.resume_from(progress); }
  void source_woken(Instant now);  // new messages, or a new state of the source
  void connected(Instant now);
  void connect_failed(const Failure& failure, Instant now);
  void received(ByteView bytes, Instant now);
  void closed_by_peer(Instant now);
  void sent(std::size_t bytes, Instant now);  // that much of output() is with the kernel
  void tick(Instant now);                     // deadline() has come
  void retry_now(Instant now);
  void end(Instant now);  // switched off, or SIGTERM

  // ---- what to do ----
  Wish take_wish();
  ByteView output() const;
  std::optional<Instant> deadline() const;

  // ---- what to show ----
  const Status& status() const { return status_; }
  // Behind the last message that is with the kernel.
  const std::optional<control::Progress>& delivered() const { return delivered_; }
  Duration behind(Instant now) const;
  std::uint64_t reconnects() const { return reconnects_; }
  std::uint64_t dropped_video() const { return feed_.thinner().dropped_video(); }
  std::uint64_t dropped_audio() const { return feed_.thinner().dropped_audio(); }

 private:
  enum class Phase : std::uint8_t { kIdle, kConnecting, kSetup, kStreaming, kBackoff, kEnding, kDone };

  void consider_connecting(Instant now);
  void pump(Instant now);
  void after_received(Instant now);
  void fail(const Failure& failure, Wish how, Instant now);
  void refused(Instant now);
  void refuse_codec(media::Codec codec, const std::string& words, Instant now);
  void lost(Instant now);
  bool died_early(Instant now) const;
  void finish(Wish how);
  void set_status(control::StreamState state, std::optional<control::Reason> reason = {},
                  std::optional<Instant> next_try = {});
  void show_idle();
  void show_streaming();

  rtmp::PublishTarget target_;
  Backoff backoff_;
  Feed feed_;
  Phase phase_ = Phase::kIdle;
  std::optional<rtmp::PublishSession> session_;
  Wish wish_ = Wish::kNone;
  bool exit_wanted_ = false;
  Status status_;

  Instant phase_deadline_{};  // kConnecting, kSetup, kBackoff, kEnding
  Instant progress_at_{};     // kStreaming: last time the socket took a byte or had nothing to take
  std::optional<Instant> oldest_unsent_;
  std::optional<Instant> published_at_;  // in this session: the key was told
  std::optional<Instant> streaming_since_;
  bool sent_media_ = false;                     // in this session
  bool pending_media_ = false;                  // chunked, not yet with the kernel
  std::optional<std::uint32_t> codec_refused_;  // kBackoff after that: the source's generation
  bool ever_healthy_ = false;
  bool ever_streamed_ = false;
  std::optional<control::Progress> delivered_;
  std::uint64_t reconnects_ = 0;
};

}  // namespace sluice::relay
