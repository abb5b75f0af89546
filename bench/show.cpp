// Reads the bench's FLV file once. Runs in bench_publisher.
#include "show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "mark.hpp"
#include "media/flv.hpp"
#include "media/inspect.hpp"

namespace sluice::bench {
namespace {

constexpr std::uint32_t kVideoFrameMs = 33;  // 30 frames per second

ShowMessage header_from(const media::MessageView& message) {
  ShowMessage header;
  header.kind = message.kind;
  // AMF0 string "@setDataFrame": in a file it is left out, a server waits for it.
  if (message.kind == media::MessageKind::kData) {
    append(header.payload, as_bytes(std::string_view("\x02\x00\x0d@setDataFrame", 16)));
  }
  append(header.payload, message.payload);
  return header;
}

ShowMessage frame_from(const media::MessageView& message) {
  ShowMessage frame;
  frame.kind = message.kind;
  frame.timestamp_ms = message.timestamp_ms;
  frame.payload.assign(message.payload.begin(), message.payload.end());
  frame.mark_at = place_for_mark(message);
  if (!frame.mark_at) return frame;
  frame.digest = digest_around(message.payload, *frame.mark_at, 0);
  const auto place = frame.payload.begin() + static_cast<std::ptrdiff_t>(*frame.mark_at);
  frame.payload.insert(place, mark_bytes(message.kind), 0);
  return frame;
}

}  // namespace

std::expected<Show, std::string> load_show(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const Bytes bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty()) return std::unexpected(fmt::format("{} cannot be read, or is empty.", path));

  Show show;
  bool has_frames = false;
  media::FlvReader reader;
  reader.feed(bytes);
  while (true) {
    const auto next = reader.next();
    if (!next) return std::unexpected(fmt::format("{}: {}", path, media::sentence(next.error())));
    if (!*next) break;
    const media::Traits traits = media::inspect(**next);
    if (traits.is_end_of_sequence || traits.is_empty) continue;
    if (traits.is_metadata || traits.is_sequence_header) {
      show.headers.push_back(header_from(**next));
      continue;
    }
    show.messages.push_back(frame_from(**next));
    const ShowMessage& added = show.messages.back();
    has_frames |= added.kind == media::MessageKind::kVideo && added.mark_at.has_value();
    show.length_ms = std::max(show.length_ms, (*next)->timestamp_ms + kVideoFrameMs);
  }
  if (!has_frames) return std::unexpected(fmt::format("{} holds no H.264 frames.", path));
  return show;
}

}  // namespace sluice::bench
