// Where a player is in a ring: it begins at the newest key frame, and does so again when the writer has
// overtaken it or another publisher has come. Sans-I/O; runs in the ingest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "media/message.hpp"
#include "ring/reader.hpp"

namespace sluice::ingest {

class RingFollower {
 public:
  explicit RingFollower(ring::Reader reader) : reader_(std::move(reader)) {}

  // The next message to play: metadata and sequence headers at the key frame's time, the key frame, then
  // everything that has a payload. Valid until the next call. nullopt: nothing until the ring is written
  // again.
  std::optional<media::MessageView> next();

  // The publisher session that the last message was of; 0: there was none.
  std::uint32_t generation() const { return generation_; }
  // How often it has begun somewhere: what is between two beginnings was missed.
  std::uint32_t beginnings() const { return beginnings_; }
  // Which tracks were known where it began last.
  bool has_audio() const { return has_audio_; }
  bool has_video() const { return has_video_; }
  const ring::Reader& reader() const { return reader_; }

 private:
  bool seek();

  ring::Reader reader_;
  ring::Record record_;
  std::vector<ring::StoredMessage> headers_;
  std::size_t next_header_ = 0;
  std::uint32_t begin_ms_ = 0;
  std::optional<ring::Position> cursor_;
  std::uint32_t generation_ = 0;
  std::uint32_t beginnings_ = 0;
  bool has_audio_ = false;
  bool has_video_ = false;
};

}  // namespace sluice::ingest
