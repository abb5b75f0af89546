// See the header.
#include "ingest/player.hpp"

namespace sluice::ingest {

void Player::pump(rtmp::ServerSession& session) {
  constexpr int kMaxSeeks = 4;  // a writer that overtakes us at once will do so again
  for (int seeks = 0; seeks < kMaxSeeks && session.output().size() < kBatchBytes;) {
    if (!cursor_) {
      ++seeks;
      if (!seek(session)) return;
    }
    const auto result = reader_.next(*cursor_, record_);
    if (result == ring::ReadResult::kEmpty) return;
    if (result == ring::ReadResult::kLapped || record_.generation != generation_) {
      cursor_.reset();
      continue;
    }
    if (!record_.payload.empty()) session.send(record_.view());
  }
}

bool Player::seek(rtmp::ServerSession& session) {
  const auto entry = reader_.newest_entry();
  if (!entry || entry->generation != reader_.generation()) return false;
  ring::Position behind = entry->position;
  if (reader_.next(behind, record_) != ring::ReadResult::kMessage) return false;
  const auto headers = reader_.stored_messages();
  if (!reader_.is_current(*entry)) return false;  // changed meanwhile; another wake-up follows
  for (const ring::StoredMessage& stored : headers) {
    session.send({stored.kind, record_.timestamp_ms, stored.payload});
  }
  cursor_ = entry->position;
  generation_ = entry->generation;
  return true;
}

}  // namespace sluice::ingest
