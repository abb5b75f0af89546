// Which of a stream's servers is tried next. Sans-I/O; used in a relay.
#pragma once

#include <cstddef>

namespace sluice::relay {

// So many failures in a row at one server (refusals count) and the other one is tried.
inline constexpr int kFailuresPerServer = 3;

class ServerChoice {
 public:
  explicit ServerChoice(bool has_backup) : has_backup_(has_backup) {}

  std::size_t index() const { return on_backup_ ? 1 : 0; }  // 0: the main server, 1: the backup
  void failed() {
    if (++failures_ < kFailuresPerServer) return;
    failures_ = 0;
    on_backup_ = has_backup_ && !on_backup_;
  }
  // A session that was healthy for a minute is over: the main server is worth trying again, and if it was the
  // main server's, this is its first failure.
  void failed_after_health() {
    failures_ = on_backup_ ? 0 : 1;
    on_backup_ = false;
  }

 private:
  bool has_backup_;
  bool on_backup_ = false;
  int failures_ = 0;
};

}  // namespace sluice::relay
