// What a platform gets, message by message: what the source sends; while it is away, a hold; and silence
// where it has no sound. Sans-I/O; runs in a relay.
//
// A show is what a platform's viewers take for one. It begins with the first session, outlasts the sessions
// that break, and is over when the source has been away for too long (control::HoldPolicy).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/messages.hpp"
#include "media/clip.hpp"
#include "relay/feed.hpp"
#include "relay/hold.hpp"
#include "relay/remains.hpp"
#include "relay/silent_track.hpp"
#include "relay/slate.hpp"

namespace sluice::relay {

// A publisher whose first second brings no sound has none.
inline constexpr std::int64_t kSoundPatienceMs = 1'000;

// A silent source that goes on in the same connection is given so long for a key frame, or hold_s where that
// is longer; then the show is over.
inline constexpr Duration kKeyFramePatience = std::chrono::seconds{30};

class Programme {
 public:
  // ---- what happened ----
  void set_policy(const control::HoldPolicy& policy) { policy_ = policy; }
  // Shown in holds from the next one on, where it fits the session; nullptr: none, or none any more.
  void use_clip(std::shared_ptr<const media::Clip> clip) { clip_ = std::move(clip); }
  // nullptr: none. Not owned; must outlive its use.
  void use_source(const MessageSource* source);
  void lose_source() { feed_.lose_source(); }
  // Where a predecessor of this process stopped: its show goes on, if that was in the source given next.
  void resume_from(const control::Progress& progress);

  // ---- a session ----
  // The next message opens it: headers again, time from 0.
  void begin_session(Instant now);
  void end_session();
  // nullopt: nothing to send now. The payload is valid until the next call.
  std::optional<Outgoing> next(Instant now);
  // The source is back in another format: nothing more comes in this session.
  bool needs_new_session() const { return feed_.needs_new_session(); }
  // When next() may have something without news from the source.
  std::optional<Instant> next_due() const;
  // See Feed.
  void stop_at_entries(bool stop) { feed_.stop_at_entries(stop); }
  bool is_at_entry() const { return opening_.empty() && !picture_ && feed_.is_at_entry(); }

  // ---- the show ----
  // Takes note of whether the source is away; what follows is as of then.
  void look(Instant now);
  Absence absence() const { return absence_; }
  // The source has been away, and is not back.
  bool is_holding() const { return hold_.has_value(); }
  // And the platform is shown something in its place: not, when a hold is no longer wanted.
  bool is_showing() const { return hold_ && policy_.hold_s > 0; }
  // When the show is over, if the source does not come back; nullopt: it is there, or waited for without end.
  const std::optional<Instant>& over_at() const { return over_at_; }
  // Whether a session opened now would have something to send.
  bool has_something_to_show(Instant now);
  bool is_in_show() const { return in_show_; }
  void end_show();

  const Feed& feed() const { return feed_; }

 private:
  std::optional<Outgoing> from_source(Instant now);
  std::optional<Outgoing> from_hold(Instant now);
  void begin_hold(Instant now);
  void note_silence(Instant now);
  Instant over_without_key_frame(Instant now);
  std::optional<Instant> over_behind(Instant last_arrival);
  bool show_goes_on(Instant now);
  void gather_remains();
  void note_remains();
  std::unique_ptr<Slate> make_slate(const Reached& reached) const;
  void give_up_clip(Instant now);
  void listen(const Outgoing& out);
  bool wants_silence_before(const Outgoing& out);
  bool comes_behind_silence(const Outgoing& out);
  std::optional<Outgoing> next_silence(Instant now);
  void forget_absence();

  Feed feed_;
  control::HoldPolicy policy_;
  std::shared_ptr<const media::Clip> clip_;

  bool in_show_ = false;
  std::optional<ring::RingId> resumed_ring_;  // of a predecessor's show
  Absence absence_ = Absence::kNone;
  std::optional<Instant> over_at_;
  std::optional<Instant> silent_from_;  // the source, if nothing comes
  std::optional<Instant> grace_until_;  // of the last clean stop, until a message follows it
  Instant session_began_{};

  std::optional<Instant> heard_again_;  // a source that was silent, in this hold
  std::optional<Hold> hold_;            // of this session
  bool is_returning_ = false;           // and is over: the source's key frame is next
  // Still to send, in session time, last first: of a session that begins with a hold, or of added silence.
  std::vector<ring::StoredMessage> opening_;
  ring::StoredMessage header_;  // being sent
  bool nothing_to_show_ = false;
  std::optional<Remains> remains_;  // of the source that is away

  std::optional<Outgoing> picture_;  // the source's; silence goes before it
  std::optional<SilentTrack> silence_;
  std::optional<std::uint32_t> silent_until_;  // session time of the last of it
  bool source_has_sound_ = false;              // its publisher, in this session
  std::int64_t quiet_from_ms_ = 0;             // session time from which sound is waited for
  std::uint64_t publishers_ = 0;               // feed_'s, when it was listened to
};

}  // namespace sluice::relay
