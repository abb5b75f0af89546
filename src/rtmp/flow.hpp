// Flow control that both ends of a connection need: when to acknowledge, and how much to say unasked. Used
// by ingest and relays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtmp/limits.hpp"

namespace sluice::rtmp {

// When an Acknowledgement is due. It is sent even to a peer that never named a window: some encoders stop
// without (SRS documents them). A peer cannot make it come more often than each kMinAckSpacingBytes.
class AckClock {
 public:
  void set_peer_window(std::uint32_t bytes);
  // The sequence number to send, when one is due after `received` bytes in all.
  std::optional<std::uint32_t> due(std::uint64_t received);

 private:
  std::uint32_t spacing_ = kMaxAckSpacingBytes;
  std::uint64_t last_ = 0;
};

// Lets replies through as long as they are not much more than what the peer has sent.
class ReplyBudget {
 public:
  bool allows(std::uint64_t received, std::size_t reply_bytes);

 private:
  std::uint64_t replied_ = 0;
};

}  // namespace sluice::rtmp
