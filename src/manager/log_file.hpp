// The event log on disk: DATA_DIR/log/events.jsonl, one JSON object a line (log_entry.hpp), mode 0600. When
// it would grow beyond kMaxLogFileBytes it becomes events.1.jsonl, and a new one begins. Runs in the manager.
//
// Nothing depends on it: a line that cannot be written is lost, and nobody waits for the disk (no fsync).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"

namespace sluice::manager {

inline constexpr std::size_t kMaxLogFileBytes = 2U << 20U;
// What an entry is at most, every byte of its texts (kMaxLogReasonBytes, a name) escaped as six, is less.
inline constexpr std::size_t kMaxLogLineBytes = 16U << 10U;

class LogFile {
 public:
  explicit LogFile(const std::string& directory, std::size_t max_bytes = kMaxLogFileBytes);

  // The lines of both files, oldest first, some of them perhaps damaged; without those above
  // kMaxLogLineBytes. Of a file that is larger than it could be, the end.
  std::vector<std::string> lines() const;
  // REQUIRES: no line break in it.
  void append(std::string_view line);

 private:
  bool open();
  void rotate();
  void complain(const char* what);

  std::string path_;
  std::string older_path_;
  std::size_t max_bytes_;
  UniqueFd file_;
  std::size_t bytes_ = 0;
  bool torn_ = false;  // the file does not end with a line break
  bool complained_ = false;
};

}  // namespace sluice::manager
