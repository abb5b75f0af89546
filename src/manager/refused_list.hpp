// Publishers that were turned away because their app and key are no source: offered in the page for adding.
// Runs in the manager.
#pragma once

#include <deque>

#include "control/messages.hpp"
#include "manager/model.hpp"

namespace sluice::manager {

// Anyone who reaches the RTMP port can fill it: it stays short, and the newest wins.
inline constexpr std::size_t kMaxRefused = 16;

class RefusedList {
 public:
  void add(control::RefusedPublish refused);
  // Drops what has become a source.
  void forget_known(const Sources& sources);
  // Newest first.
  const std::deque<control::RefusedPublish>& entries() const { return entries_; }

 private:
  std::deque<control::RefusedPublish> entries_;
};

}  // namespace sluice::manager
