// See the header.
#include "relay/remains.hpp"

#include <algorithm>
#include <utility>

#include "media/inspect.hpp"
#include "relay/timeline.hpp"

namespace sluice::relay {
namespace {

constexpr int kMaxScanned = 20'000;  // messages: some minutes
constexpr int kFewFrames = 5;        // fewer say nothing about the rhythm
// A longer step is a gap, or a jump of the source's clock.
constexpr std::int64_t kMaxStepMs = 1'000;

bool is_picture(const ring::Record& record) {
  if (record.kind != media::MessageKind::kVideo || record.is_sequence_header) return false;
  const media::Traits traits = media::inspect(record.view());
  return traits.track == 0 && !traits.is_end_of_sequence && !traits.is_empty;
}

struct Stretch {
  int pictures = 0;
  int steps = 0;                   // from one to the next, where time went on as it does
  std::int64_t length_ms = 0;      // of these
  bool ends_at_key_frame = false;  // which is counted
  Instant last_arrival{};
};

enum class Until : std::uint8_t { kEnd, kNextKeyFrame };

// Everything of one publisher from `begin` on.
Stretch scan(const MessageSource& source, ring::Position begin, Until until) {
  Stretch stretch;
  SharedRecord shared;
  std::optional<std::uint32_t> generation;
  std::uint32_t last_ms = 0;
  for (int i = 0; i < kMaxScanned; ++i) {
    if (source.next(begin, shared) != ring::ReadResult::kMessage) break;
    const ring::Record& record = *shared;
    if (generation.value_or(record.generation) != record.generation) break;
    generation = record.generation;
    stretch.last_arrival = record.arrival;
    if (!is_picture(record)) continue;
    const std::uint32_t before_ms = std::exchange(last_ms, record.timestamp_ms);
    if (stretch.pictures++ == 0) continue;
    const auto step_ms = static_cast<std::int32_t>(last_ms - before_ms);
    if (step_ms >= -kMaxDisorderMs && step_ms <= kMaxStepMs) {
      ++stretch.steps;
      stretch.length_ms += step_ms;
    }
    stretch.ends_at_key_frame = until == Until::kNextKeyFrame && record.is_key_frame;
    if (stretch.ends_at_key_frame) break;
  }
  return stretch;
}

// From one whole group of pictures; else from what there is of the last one, at the usual interval.
Rhythm rhythm_of(const Stretch& group, const Stretch& rest) {
  if (group.ends_at_key_frame && group.length_ms > 0) {
    const int frames = group.pictures - 1;
    return {group.length_ms * frames / group.steps, frames};
  }
  Rhythm rhythm;
  if (rest.pictures >= kFewFrames && rest.length_ms > 0)
    rhythm.frames = static_cast<int>(rhythm.gop_ms * rest.steps / rest.length_ms);
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

bool Remains::are_whole() const {
  return !key_frame.empty() ||
         (header(media::MessageKind::kAudio) != nullptr && header(media::MessageKind::kVideo) == nullptr);
}

Remains read_remains(const MessageSource& source, const KeyPositions& keys) {
  Remains remains;
  ring::Position behind = keys.last.value_or(0);
  SharedRecord key;
  if (!keys.last || source.next(behind, key) != ring::ReadResult::kMessage) return remains;
  const Stretch rest = scan(source, *keys.last, Until::kEnd);
  remains.last_arrival = rest.last_arrival;
  if (!key->is_key_frame) return remains;
  const Stretch group = keys.previous ? scan(source, *keys.previous, Until::kNextKeyFrame) : Stretch{};
  remains.rhythm = rhythm_of(group, rest);
  remains.key_frame = key->payload;
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
