// One source in the ingest: its ring, who publishes into it, who is woken when something was written.
// Single-threaded.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "ingest/clip_recorder.hpp"
#include "ingest/memory_clip_file.hpp"
#include "ingest/source_table.hpp"
#include "ingest/takeovers.hpp"
#include "media/meter.hpp"
#include "media/sequence_headers.hpp"
#include "ring/writer.hpp"

namespace sluice::ingest {

// Audio alone wakes nobody at once: it rides with the next video frame or waits at most this long. That
// halves the wake-ups of every relay (docs/architecture.md, wake-ups).
inline constexpr Duration kAudioWait = std::chrono::milliseconds{25};

// Told from within the ingest when there is something new in the ring (RTMP players, HTTP viewers).
class LocalReader {
 public:
  virtual ~LocalReader() = default;
  virtual void source_written() = 0;
};

// Of a recording that is over. `file` owns nothing when there is a problem.
using ClipCallback = std::function<void(const control::ClipRecorded& recorded, UniqueFd file)>;

struct PublisherInfo {
  std::string address;
  std::string software;
};

class Source {
 public:
  Source(boost::asio::io_context& io, SourceId id, ClipCallback on_clip);

  SourceId id() const { return id_; }
  const std::optional<ring::Writer>& ring() const { return ring_; }

  // The ring is made for the first publisher. false: there is no memory for it.
  bool has_ring_or_makes_one();
  // A publisher session begins. REQUIRES: there is a ring.
  void begin(PublisherInfo publisher, Instant now);
  // REQUIRES: begun. Readers are woken by flush().
  std::expected<void, ring::RingError> write(const media::MessageView& message, Instant now);
  // Keeps the next `length` of what is published (clip_recorder.hpp). One that is being recorded is
  // forgotten.
  void record_clip(std::chrono::seconds length, Instant now);
  // After a batch of writes.
  void flush();
  void end(bool cleanly);
  bool publishing() const { return publisher_.has_value(); }
  // Of this publisher; when it began, while there is none.
  Instant last_media() const { return last_media_; }
  Takeovers& takeovers() { return takeovers_; }

  void attach(std::int64_t reader, UniqueFd wake);  // replaces an earlier one of the same reader
  void detach(std::int64_t reader);
  void attach(LocalReader& reader);
  void detach(LocalReader& reader);

  control::SourceFacts facts(Instant now) const;

 private:
  struct Recording {
    Recording(std::chrono::seconds length, Instant now) : recorder(file, length, now) {}
    MemoryClipFile file;
    ClipRecorder recorder;
  };

  void wake_all();
  void interrupt_recording();
  void tell_of_recording();

  SourceId id_;
  ClipCallback on_clip_;
  std::optional<ring::Writer> ring_;
  std::optional<PublisherInfo> publisher_;
  media::SourceMeter meter_;
  media::SequenceHeaders headers_;
  bool key_frame_seen_ = false;  // of this publisher
  std::unique_ptr<Recording> recording_;
  WallTime since_;
  Instant last_media_{};
  Takeovers takeovers_;
  std::map<std::int64_t, UniqueFd> readers_;
  std::vector<LocalReader*> local_readers_;
  enum class Due { kNothing, kSoon, kNow } due_ = Due::kNothing;
  bool timer_armed_ = false;
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

}  // namespace sluice::ingest
