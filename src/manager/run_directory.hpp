// DIR/run and DIR/log: which files belong to which child. Runs in the manager.
//
//   run/relay-<id>.sock   where the relay listens for managers      run/ingest.sock
//   run/relay-<id>.pid    its process id, for a relay that no longer answers there
//   log/relay-<id>.log    what it wrote to stderr                   log/ingest.log, log/probe.log
//   log/events.jsonl      the event log (log_file.hpp)
//
// A stream that is one of a pack has its own socket there; process id and log are those of pack-<number>.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "manager/reconcile.hpp"

namespace sluice::manager {

inline constexpr std::size_t kMaxLogBytes = 8U << 20U;  // of a child; the part before it is kept beside it

class RunDirectory {
 public:
  explicit RunDirectory(std::string data_directory);

  // run and log, mode 0700. The error is a sentence.
  std::optional<std::string> create() const;

  const std::string& run() const { return run_; }
  const std::string& log() const { return log_; }
  std::string socket_name(ChildId child) const;
  std::string log_file(ChildId child) const;
  // Moves what a log that has grown too large holds aside (to .1): a peer that provokes lines must not fill
  // the disk.
  void trim_log(ChildId child) const;

  // Of all tests of servers, trimmed as the others.
  std::string probe_log() const;

  // Children whose sockets lie there, alive or not.
  std::vector<ChildId> children() const;
  void write_pid(ChildId child, pid_t pid) const;
  // Only while that process still is this child, by its arguments.
  std::optional<pid_t> living_pid(ChildId child) const;
  void remove(ChildId child) const;

 private:
  std::string run_;
  std::string log_;
};

}  // namespace sluice::manager
