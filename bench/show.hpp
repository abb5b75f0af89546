// An FLV file in memory, ready to be published over and over. Runs in bench_publisher.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::bench {

struct ShowMessage {
  media::MessageKind kind = media::MessageKind::kData;
  std::uint32_t timestamp_ms = 0;      // from the show's beginning
  Bytes payload;                       // with room for the mark
  std::optional<std::size_t> mark_at;  // a coded frame: where its mark is written
  std::uint64_t digest = 0;            // of a coded frame
};

struct Show {
  std::vector<ShowMessage> headers;  // metadata (as a publisher sends it) and sequence headers
  std::vector<ShowMessage> messages;
  std::uint32_t length_ms = 0;  // when the next round begins
};

// The error is a sentence: the file cannot be read, is no FLV, or holds no H.264 frames.
std::expected<Show, std::string> load_show(const std::string& path);

}  // namespace sluice::bench
