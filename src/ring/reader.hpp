// One reader's view of a ring: read-only mapping, validated copies. Runs in relays (and in the ingest for
// RTMP players). Trusts nothing in the mapping: every length and position is checked before use.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/fd.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"
#include "ring/ring.hpp"

namespace sluice::ring {

// One message, copied out. Reuse one Record for all reads: its payload keeps its capacity.
struct Record {
  Position position = 0;
  media::MessageKind kind = media::MessageKind::kData;
  std::uint32_t timestamp_ms = 0;
  std::uint32_t generation = 0;
  bool is_key_frame = false;
  bool is_sequence_header = false;
  Instant arrival{};
  Bytes payload;
  media::MessageView view() const { return {kind, timestamp_ms, payload}; }
};

enum class ReadResult : std::uint8_t {
  kMessage,  // record filled, position moved behind it
  kEmpty,    // position is at the end: wait to be woken
  kLapped,   // the writer has overtaken position: seek to newest_entry()
};

// Where a reader may begin: a key frame, or audio in a source without video.
struct Entry {
  Position position = 0;
  std::uint32_t generation = 0;
};

// A stored metadata message or sequence header, current as of the newest entry.
struct StoredMessage {
  media::MessageKind kind = media::MessageKind::kData;
  std::uint32_t timestamp_ms = 0;
  Bytes payload;
};

class Reader {
 public:
  // Maps what `fd` names; the caller keeps (and may close) the descriptor. Fails with kNotSealed, kBadLayout,
  // kSystem.
  static std::expected<Reader, RingError> open(int fd);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  const RingId& id() const;
  SourceState state() const;
  std::uint32_t generation() const;  // 0: nothing was published yet
  Position end() const;

  // The newest place to begin whose sequence headers are the stored ones; nullopt: wait for the next.
  std::optional<Entry> newest_entry() const;
  // The newest such entry at or before `position` (a relay that replaces another one continues there).
  std::optional<Entry> entry_before(Position position) const;
  // Whether `entry` still counts. True after stored_messages() means that those headers fit the entry; false:
  // they changed in between, or it was overwritten: begin again.
  bool is_current(const Entry& entry) const;
  // Metadata first, then sequence headers in the order their tracks appeared. A consistent snapshot.
  std::vector<StoredMessage> stored_messages() const;

  ReadResult next(Position& position, Record& record) const;

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::ring
