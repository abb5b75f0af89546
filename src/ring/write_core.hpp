// The writer's half of the ring protocol, on memory that someone else has mapped. Runs in the ingest; tests
// run it on a mapping that they share with a ReadCore, so that the thread sanitizer sees both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"
#include "ring/layout.hpp"
#include "ring/ring.hpp"

namespace sluice::ring {

class WriteCore {
 public:
  // `memory` is zeroed and mapped as a ring of `data_bytes`; it must outlive this. Writes the header page.
  // REQUIRES: data_size_is_valid(data_bytes).
  WriteCore(std::byte* memory, std::size_t data_bytes, const RingId& id);

  void begin_generation();
  void set_state(SourceState state);
  std::expected<Position, RingError> append(const media::MessageView& message, const media::Traits& traits,
                                            Instant arrival);
  Position end() const { return tail_; }

 private:
  struct Stored {
    media::MessageKind kind;
    std::uint8_t track;
    bool is_metadata;
    std::uint32_t timestamp_ms;
    Bytes payload;
  };

  void write_record(const media::MessageView& message, std::uint8_t flags, Instant arrival);
  void note_video();
  void keep(const media::MessageView& message, const media::Traits& traits);
  void publish_stored();
  void change_epoch(std::uint32_t generation);
  bool is_entry(const media::MessageView& message, const media::Traits& traits, Instant arrival);
  void add_entry(Position position);

  // Constant after construction.
  std::byte* memory_;
  Head& head_;
  std::size_t data_bytes_;
  // The writer's own copies of what the header page says.
  Position tail_ = 0;
  std::uint32_t generation_ = 0;
  std::uint32_t headers_version_ = 0;
  std::uint64_t entry_count_ = 0;
  std::uint64_t stored_version_ = 0;
  // Of the current generation.
  std::vector<Stored> stored_;  // metadata first
  bool video_seen_ = false;
  std::optional<Instant> last_audio_entry_;
};

}  // namespace sluice::ring
