// See the header.
#include "ingest/ring_follower.hpp"

#include <algorithm>

namespace sluice::ingest {

std::optional<media::MessageView> RingFollower::next() {
  constexpr int kMaxSeeks = 4;  // a writer that overtakes us at once will do so again
  for (int seeks = 0; seeks < kMaxSeeks;) {
    if (next_header_ < headers_.size()) {
      const ring::StoredMessage& header = headers_[next_header_++];
      return media::MessageView{header.kind, begin_ms_, header.payload};
    }
    if (!cursor_) {
      ++seeks;
      if (!seek()) return std::nullopt;
      continue;
    }
    const auto result = reader_.next(*cursor_, record_);
    if (result == ring::ReadResult::kEmpty) return std::nullopt;
    if (result == ring::ReadResult::kLapped || record_.generation != generation_) {
      cursor_.reset();
      continue;
    }
    if (!record_.payload.empty()) return record_.view();
  }
  return std::nullopt;
}

bool RingFollower::seek() {
  const auto entry = reader_.newest_entry();
  if (!entry || entry->generation != reader_.generation()) return false;
  ring::Position behind = entry->position;
  if (reader_.next(behind, record_) != ring::ReadResult::kMessage) return false;
  auto headers = reader_.stored_messages();
  if (!reader_.is_current(*entry)) return false;  // changed meanwhile; another wake-up follows
  headers_ = std::move(headers);
  next_header_ = 0;
  begin_ms_ = record_.timestamp_ms;
  cursor_ = entry->position;
  generation_ = entry->generation;
  ++beginnings_;
  const auto has = [this](media::MessageKind kind) {
    return record_.kind == kind ||
           std::ranges::any_of(headers_, [kind](const auto& header) { return header.kind == kind; });
  };
  has_audio_ = has(media::MessageKind::kAudio);
  has_video_ = has(media::MessageKind::kVideo);
  return true;
}

}  // namespace sluice::ingest
