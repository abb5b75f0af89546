// A relay's whole life, sans-I/O: wait for the source, connect, publish, send, stall, back off, end. The
// driver feeds it what happened and when, and carries out its wishes; it holds no socket and no timer.
//
// After every call of an event function the driver must: take wishes until none is left, write output() and
// report sent(), and arm one timer for deadline().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "control/messages.hpp"
#include "relay/backoff.hpp"
#include "relay/failure.hpp"
#include "relay/programme.hpp"
#include "relay/server_choice.hpp"
#include "rtmp/publish_session.hpp"

namespace sluice::relay {

inline constexpr Duration kConnectingDeadline = std::chrono::seconds{30};  // name, TCP on all addresses, TLS
inline constexpr Duration kSetupDeadline = std::chrono::seconds{10};       // handshake to Publish.Start
inline constexpr Duration kStallDeadline = std::chrono::seconds{10};
inline constexpr Duration kGoodbyeDeadline = std::chrono::milliseconds{200};
// A relay that is to hand its stream over waits this long for a key frame to do it at.
inline constexpr Duration kHandOverDeadline = std::chrono::seconds{15};
// … and then this long for the platform to take what was chunked for it, or to close its side.
inline constexpr Duration kLeaveDeadline = std::chrono::seconds{3};
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
  kFinish,   // nothing more is written; received() and closed_by_peer() go on
  kClose,    // orderly; nothing of this connection is reported any more
  kAbandon,  // reset; also cancels a connect under way
  kExit,     // the stream is over: the process ends
};

struct Status {
  control::StreamState state = control::StreamState::kWaiting;
  std::optional<control::Reason> reason;
  std::optional<Instant> next_try;
  std::optional<Instant> hold_until;  // kHolding: the show is ended then
  friend bool operator==(const Status&, const Status&) = default;
};

// What the simulator scales down with its payloads.
struct MachineLimits {
  std::size_t batch_bytes = kBatchBytes;
};

class Machine {
 public:
  // `seed` only spreads the retries of many relays. `backup` is used in turns with `target`: see
  // ServerChoice.
  Machine(rtmp::PublishTarget target, std::uint64_t seed, Instant now,
          std::optional<rtmp::PublishTarget> backup = std::nullopt, MachineLimits limits = {});

  // ---- what happened ----
  void use_source(const MessageSource* source, Instant now);
  void resume_from(const control::Progress& progress) { programme_.resume_from(progress); }
  // What to do while the source is away. A live session goes on.
  void set_policy(const control::HoldPolicy& policy, Instant now);
  // Shown in holds from the next one on, where it fits the session; nullptr: none, or none any more.
  void use_clip(std::shared_ptr<const media::Clip> clip) { programme_.use_clip(std::move(clip)); }
  void source_lost(Instant now);   // its writer is gone; what the ring holds is still sent
  void source_woken(Instant now);  // new messages, or a new state of the source
  void connected(Instant now);
  void connect_failed(const Failure& failure, Instant now);
  void received(ByteView bytes, Instant now);
  void closed_by_peer(Instant now);
  void sent(std::size_t bytes, Instant now);  // that much of output() is with the kernel
  // What TCP knows of this connection, told from time to time: bytes acknowledged since it was opened, and
  // bytes taken by the kernel but not acknowledged.
  void network(std::uint64_t acked_bytes, std::size_t queued_bytes, Instant now);
  void tick(Instant now);  // deadline() has come
  void retry_now(Instant now);
  void end(Instant now);  // switched off, or SIGTERM
  // A successor is to carry the stream: leave it the next key frame. Everything before that one goes to the
  // platform, delivered() points at it, and the connection ends in order but without a goodbye, so that the
  // platform does not take it for the end of the show. Without media to wait for: at once.
  void hand_over(Instant now);
  // Nobody would start that successor any more. Too late once the relay has begun to leave.
  void stay();

  // ---- what to do ----
  Wish take_wish();
  // The first bytes to write, and all of them in pieces (rtmp::OutputBuffer).
  ByteView output() const;
  std::size_t gather_output(std::span<ByteView> into) const;
  std::optional<Instant> deadline() const;
  // Which server kConnect means, and the session is with: 0 the main one, 1 the backup.
  std::size_t server_index() const { return server_; }

  // ---- what to show ----
  const Status& status() const { return status_; }
  // Behind the last message that is with the kernel.
  const std::optional<control::Progress>& delivered() const { return delivered_; }
  Duration behind(Instant now) const;
  std::uint64_t reconnects() const { return reconnects_; }
  // What was overwritten in the ring before it was read can no longer be counted: each such time counts as
  // one.
  std::uint64_t dropped_video() const { return feed().thinner().dropped_video() + feed().laps(); }
  std::uint64_t dropped_audio() const { return feed().thinner().dropped_audio(); }

 private:
  enum class Phase : std::uint8_t {
    kIdle,
    kConnecting,
    kSetup,
    kStreaming,
    kBackoff,
    kEnding,
    kLeaving,
    kDone
  };

  void consider_connecting(Instant now);
  void connect(Instant now);
  void pump(Instant now);
  void send(const Outgoing& out);
  void end_show(Instant now);
  void renew_session(Instant now);
  void after_goodbye(Wish how, Instant now);
  void drop_session();
  const Feed& feed() const { return programme_.feed(); }
  bool is_stalled(Instant now) const;
  std::optional<Instant> streaming_deadline() const;
  bool may_leave(Instant now) const;
  void leave(Instant now);
  void finish_connection(Instant now);
  void after_received(Instant now);
  void note_taken(Instant now);
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
  control::Reason reason_of_absence() const;

  std::vector<rtmp::PublishTarget> targets_;  // by server_index()
  ServerChoice choice_;
  std::size_t server_ = 0;
  MachineLimits limits_;
  Backoff backoff_;
  Programme programme_;
  Phase phase_ = Phase::kIdle;
  std::optional<rtmp::PublishSession> session_;
  Wish wish_ = Wish::kNone;
  bool exit_wanted_ = false;
  Status status_;

  bool show_over_ = false;                      // kEnding: only the show ends, the process stays
  std::optional<control::Reason> over_reason_;  // kIdle after that
  Instant phase_deadline_{};                    // kIdle, kConnecting, kSetup, kBackoff, kEnding, kLeaving
  std::optional<Instant> leave_by_;  // a hand-over is wanted, and goes ahead without a key frame then
  // kStreaming: last time the platform acknowledged a byte or had nothing to acknowledge.
  Instant progress_at_{};
  std::uint64_t acked_bytes_ = 0;  // of this connection, as of the last network()
  std::size_t queued_bytes_ = 0;
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
