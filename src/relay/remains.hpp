// What is left of a source that is away: all that is needed to keep a platform's session alive, or to begin
// it anew. Sans-I/O; runs in a relay.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "relay/message_source.hpp"

namespace sluice::relay {

// How often frames come: `frames` in `gop_ms`, the key frame included.
struct Rhythm {
  std::int64_t gop_ms = 2'000;
  int frames = 60;
};

struct Remains {
  std::vector<ring::StoredMessage> headers;  // metadata and sequence headers, in the order of sending
  Bytes key_frame;                           // the last one, a whole message's payload; empty: no video
  Rhythm rhythm;
  Instant last_arrival{};  // of anything from the source

  // The first track's sequence header, a whole message's payload; nullptr: none.
  const Bytes* header(media::MessageKind kind) const;
  // The last picture is among them, or there were none to be seen, only heard.
  bool are_whole() const;
};

// Where the last two key frames of the first video track lie.
struct KeyPositions {
  std::optional<ring::Position> last;
  std::optional<ring::Position> previous;

  void note(ring::Position position) {
    previous = last;
    last = position;
  }
};

// Key frame, rhythm and last arrival as `source` still holds them; the headers are the caller's. What was
// overwritten is missing.
Remains read_remains(const MessageSource& source, const KeyPositions& keys);
// Of a source that was never read: of its newest entry. nullopt: there is none.
std::optional<Remains> read_remains(const MessageSource& source);

}  // namespace sluice::relay
