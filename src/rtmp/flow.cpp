// Acknowledgements and the bound on replies. Runs in ingest and relays.
#include "rtmp/flow.hpp"

#include <algorithm>

namespace sluice::rtmp {

void AckClock::set_peer_window(std::uint32_t bytes) {
  spacing_ = std::clamp(bytes / 2, kMinAckSpacingBytes, kMaxAckSpacingBytes);
}

std::optional<std::uint32_t> AckClock::due(std::uint64_t received) {
  if (received - last_ < spacing_) return std::nullopt;
  last_ = received;
  // nginx-rtmp and SRS begin again at this value, because FMLE stops at larger ones.
  constexpr std::uint64_t kRestart = 0xF0000000;
  return static_cast<std::uint32_t>(received % kRestart);
}

bool ReplyBudget::allows(std::uint64_t received, std::size_t reply_bytes) {
  if (replied_ + reply_bytes > received + kReplyAllowanceBytes) return false;
  replied_ += reply_bytes;
  return true;
}

}  // namespace sluice::rtmp
