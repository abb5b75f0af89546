// Which message goes to the platform next, and at what session time. Sans-I/O; runs in a relay.
//
// What a platform sees (contract): metadata, sequence headers, a key frame, then everything, unchanged and in
// order; both tracks shifted by one constant so that the first key frame is at 0. Left out: AVC end of
// sequence, zero-length messages, byte-identical repeats of sequence headers, and what precedes the key frame
// in time. When another publisher session begins in the source, the feed goes on at its newest key frame, in
// the same session time; but not when its format differs, since platforms forbid that within a session. What
// a late stream does without is the thinner's matter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "control/progress.hpp"
#include "media/inspect.hpp"
#include "relay/hold.hpp"
#include "relay/message_source.hpp"
#include "relay/remains.hpp"
#include "relay/thinner.hpp"
#include "relay/timeline.hpp"

namespace sluice::relay {

// A dead predecessor's position older than this is no place to continue: the platform would stay that far
// behind.
inline constexpr Duration kMaxResumeAge = std::chrono::seconds{8};

// A connection that is open, but brings nothing, counts as away after this time; what comes before is sent
// late, so that a short hiccup of the network freezes nothing (issue 4).
inline constexpr Duration kSilentAfter = std::chrono::seconds{5};
// A publisher that has taken over, or come back, is given this long for its first key frame.
inline constexpr Duration kSpliceAfter = std::chrono::seconds{1};
// A source that was silent sends what it could not send before: its newest key frame is waited for, but no
// longer than this.
inline constexpr Duration kCatchUp = std::chrono::seconds{3};

// Whether the source is away, and how it went.
enum class Absence : std::uint8_t { kNone, kSilent, kBroken, kEnded };

struct Outgoing {
  media::MessageView message;  // timestamp is the session's; the payload is valid until the next call
  Instant arrival{};
  bool is_media = false;                        // a coded frame, not metadata or a header
  std::shared_ptr<const void> owner = nullptr;  // keeps the payload even beyond that
};

class Feed {
 public:
  // nullptr: none. Not owned; must outlive its use. A new one is taken as a new publisher session.
  void use_source(const MessageSource* source);
  // Whoever wrote the source is gone: publishing counts as broken.
  void lose_source() { source_lost_ = true; }
  // Where a predecessor of this process stopped; used once, by the first session.
  void resume_from(const control::Progress& progress) { resume_ = progress; }
  // The next message opens a new platform session: headers again, time from 0.
  void begin_session();

  // nullopt: nothing to send now.
  std::optional<Outgoing> next(Instant now);

  // Whether a session opened now would have something to send, soon.
  bool source_is_publishing() const;
  Absence absence(Instant now) const;
  // The show is over: what the source holds now is the past, and has_news() is false until another key frame.
  void close_show();
  bool has_news() const;
  // When a source that is there will count as silent, if nothing comes; nullopt: nothing of it was read yet.
  std::optional<Instant> silent_from() const;
  // Whether the source holds more than was read: a late platform makes no silent source.
  bool has_unread() const;
  // Of what was read last.
  Instant last_arrival() const { return last_arrival_; }

  // ---- while the source is away ----
  // What a hold is made of: of this session, or else of what the source still holds.
  std::optional<Remains> remains() const;
  // … and of a session that is yet to come.
  std::optional<Remains> newest_remains() const;
  const Reached& reached() const { return reached_; }
  // Session time goes on while nothing is sent: by the time that passed since the session began, give or
  // take.
  std::int64_t clock_ms(Instant now) const;
  // Whether the source is back with a key frame that may follow what `hold` has sent.
  bool has_returned(const Hold& hold, Instant now);
  // next() goes on with it, behind `hold`.
  void go_on_behind(const Hold& hold);
  // Headers that were sent in this session by others: a hold's, or of added silence.
  void note_sent(media::MessageKind kind, ByteView payload);
  // The first track's, a whole message's payload, valid until the next call; nullptr: none was sent.
  const Bytes* sent_header(media::MessageKind kind);
  // Counts the publishers that next() went over to.
  std::uint64_t publishers() const { return publishers_; }
  // Session time of the last key frame that next() went on, or began, with.
  std::int64_t entry_ms() const { return floor_ms_; }
  // The source is back in another format: nothing more comes before begin_session().
  bool needs_new_session() const { return needs_new_session_; }

  const MessageSource* source() const { return source_; }
  // Whether the next frame is one that another session could begin with: what goes out before it and what
  // goes out from there on are whole, and position() is exactly between the two.
  bool is_at_entry() const;
  // Whether next() gives nothing once the feed is at an entry. What is left out may lie just before one, so
  // whoever asks is_at_entry() between two calls could miss it.
  void stop_at_entries(bool stop) { stops_at_entries_ = stop; }
  // Behind the last message that next() has given out.
  std::optional<control::Progress> position() const;
  std::uint64_t laps() const { return laps_; }  // times the ring has overtaken us
  const Thinner& thinner() const { return thinner_; }

 private:
  struct SentHeader {
    media::MessageKind kind;  // kData: metadata
    std::uint8_t track;
    std::uint32_t generation;  // whose it is; 0: of another source
    Bytes payload;
  };

  std::optional<ring::SourceState> source_state() const;
  bool seek(Instant now);
  std::optional<ring::Entry> choose_entry() const;
  bool read_entry(const ring::Entry& entry, Instant now);
  void enter(bool same_publisher, Instant now);
  bool is_old_metadata(const ring::StoredMessage& stored, bool same_publisher);
  bool is_new_publisher() const;
  bool has_caught_up(const ring::Entry& entry, const Hold& hold, Instant now) const;
  bool note_picture(const std::vector<ring::StoredMessage>& headers, Instant now);
  bool headers_fit(Instant now);
  bool fits_session(const media::MessageView& header);
  SentHeader* find_sent(media::MessageKind kind, std::uint8_t track);
  std::int64_t time_of_entry(bool same_publisher) const;
  std::optional<Outgoing> admit_record(Instant now);
  std::optional<Outgoing> admit(const media::MessageView& message, Instant now);
  bool admit_frame(const media::Traits& traits, std::int64_t session_ms, Instant now);
  std::int64_t time_of_header(std::uint32_t timestamp_ms) const;
  bool admit_header(const media::MessageView& message, const media::Traits& traits);

  const MessageSource* source_ = nullptr;
  bool source_lost_ = false;
  std::optional<control::Progress> resume_;
  std::optional<ring::Position> cursor_;
  bool publisher_known_ = false;  // generation_ is of source_
  std::uint32_t generation_ = 0;

  SharedRecord record_;                       // read, and not given out
  bool record_waits_ = false;                 // it is the entry; its headers go first
  std::vector<ring::StoredMessage> headers_;  // still to send, last first
  ring::StoredMessage header_;                // being sent

  std::vector<SentHeader> sent_headers_;
  Timeline timeline_;
  Thinner thinner_;
  bool session_started_ = false;
  Instant began_at_{};             // the session's time 0, by the arrival of what was sent
  Instant entered_at_{};           // what lay in the ring then is not late before now
  std::int64_t floor_ms_ = 0;      // nothing goes out below: the time of the last entry
  std::int64_t last_sent_ms_ = 0;  // highest so far
  Instant last_sent_at_{};         // when it was that time: the arrival of what was sent
  Instant last_arrival_{};         // of anything
  Reached reached_;
  KeyPositions keys_;  // in source_, of what was sent
  bool needs_new_session_ = false;
  struct Heard {
    std::uint32_t generation;
    Instant since;
  };
  std::optional<Heard> heard_;       // a publisher without pictures
  bool awaits_picture_ = false;      // of it
  std::optional<ring::Entry> past_;  // in source_, since close_show()
  std::uint64_t publishers_ = 0;
  std::uint64_t laps_ = 0;
  bool stops_at_entries_ = false;
};

}  // namespace sluice::relay
