// The one writer of a ring. Runs in the ingest, single-threaded. Never waits for a reader.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>

#include "base/clock.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"
#include "ring/ring.hpp"

namespace sluice::ring {

inline constexpr std::size_t kDefaultDataBytes = 32U << 20U;

class Writer {
 public:
  // `data_bytes` is a power of two, 64 KiB to 4 GiB; anything else is kBadLayout. Its memory is
  // taken at once, not as it is written. Fails with kSystem too.
  static std::expected<Writer, RingError> create(std::size_t data_bytes = kDefaultDataBytes);
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();  // unmaps; readers keep their own mapping

  const RingId& id() const;
  // For passing to readers; owned by the writer.
  int fd() const;

  // A new publisher session: the generation counts up, stored sequence headers and metadata are forgotten,
  // the state is kPublishing.
  void begin_generation();
  // kEnded or kBroken at the end of a session.
  void set_state(SourceState state);

  // Copies the message in. Sequence headers and metadata are also stored beside the data, key frames (and
  // for a generation without video: audio, at most one a second) go into the entry index.
  // kMessageTooLarge leaves the ring unchanged.
  std::expected<Position, RingError> append(const media::MessageView& message, const media::Traits& traits,
                                            Instant arrival);
  // Where the next record will begin.
  Position end() const;

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::ring
