// See the header.
#include "relay/remains.hpp"

#include <algorithm>
#include <utility>

#include "media/inspect.hpp"

namespace sluice::relay {
namespace {

constexpr int kMaxScanned = 20'000;  // messages: some minutes
constexpr int kFewFrames = 5;        // fewer say nothing about the rhythm

bool is_picture(const ring::Record& record) {
  if (record.kind != media::MessageKind::kVideo || record.is_sequence_header) return false;
  const media::Traits traits = media::inspect(record.view());
  return traits.track == 0 && !traits.is_end_of_sequence && !traits.is_empty;
}

struct Stretch {
  std::optional<std::uint32_t> generation;
  int pictures = 0;
  std::uint32_t first_ms = 0;
  std::uint32_t last_ms = 0;  // of the last picture
  Instant last_arrival{};
  std::int64_t length_ms() const { return static_cast<std::int32_t>(last_ms - first_ms); }
};

// Everything of one publisher from `begin` on and before `end`.
Stretch scan(const MessageSource& source, ring::Position begin, std::optional<ring::Position> end) {
  Stretch stretch;
  ring::Record record;
  for (int i = 0; i < kMaxScanned && (!end || begin < *end); ++i) {
    if (source.next(begin, record) != ring::ReadResult::kMessage) break;
    if (stretch.generation.value_or(record.generation) != record.generation) break;
    stretch.generation = record.generation;
    stretch.last_arrival = record.arrival;
    if (!is_picture(record)) continue;
    if (stretch.pictures++ == 0) stretch.first_ms = record.timestamp_ms;
    stretch.last_ms = record.timestamp_ms;
  }
  return stretch;
}

// From one whole group of pictures; else from what there is of the last one, at the usual interval.
Rhythm rhythm_of(const Stretch& group, std::int64_t group_ms, const Stretch& rest) {
  if (group.pictures > 0 && group_ms > 0) return {group_ms, group.pictures};
  Rhythm rhythm;
  if (rest.pictures >= kFewFrames && rest.length_ms() > 0)
    rhythm.frames = static_cast<int>(rhythm.gop_ms * (rest.pictures - 1) / rest.length_ms());
  return rhythm;
}

}  // namespace

const Bytes* Remains::header(media::MessageKind kind) const {
  const auto found = std::ranges::find_if(headers, [kind](const auto& header) {
    const media::Traits traits = media::inspect({header.kind, 0, header.payload});
    return header.kind == kind && traits.is_sequence_header && traits.track == 0;
  });
  return found == headers.end() ? nullptr : &found->payload;
}

Remains read_remains(const MessageSource& source, const KeyPositions& keys) {
  Remains remains;
  ring::Position behind = keys.last.value_or(0);
  ring::Record key;
  if (!keys.last || source.next(behind, key) != ring::ReadResult::kMessage || !key.is_key_frame)
    return remains;
  const Stretch rest = scan(source, *keys.last, std::nullopt);
  Stretch group;
  std::int64_t group_ms = 0;
  if (keys.previous) {
    group = scan(source, *keys.previous, keys.last);
    if (group.generation == key.generation)  // else they have no clock in common
      group_ms = static_cast<std::int32_t>(key.timestamp_ms - group.first_ms);
  }
  remains.rhythm = rhythm_of(group, group_ms, rest);
  remains.last_arrival = rest.last_arrival;
  remains.key_frame = std::move(key.payload);
  return remains;
}

std::optional<Remains> read_remains(const MessageSource& source) {
  const auto entry = source.newest_entry();
  if (!entry || entry->generation != source.generation()) return std::nullopt;
  KeyPositions keys{entry->position, std::nullopt};
  if (entry->position > 0) {
    const auto before = source.entry_before(entry->position - 1);
    if (before && before->generation == entry->generation) keys.previous = before->position;
  }
  auto headers = source.stored_messages();
  if (!source.is_current(*entry)) return std::nullopt;
  Remains remains = read_remains(source, keys);
  remains.headers = std::move(headers);
  return remains;
}

}  // namespace sluice::relay
