// The event log: what happened when, to which stream or source. The newest kMaxLogEntries are kept in memory
// for GET /api/log and told to pages as they happen; all of them go to a file (log_file.hpp), and what that
// still holds is read back at the next start, so that nothing is told twice. Ids grow, over restarts and a
// deleted file too: a start begins above the wall clock in ms. Runs in the manager, on its loop.
//
// A key is never in it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "manager/log_entry.hpp"
#include "manager/log_file.hpp"
#include "manager/model.hpp"
#include "manager/status.hpp"

namespace sluice::manager {

// Anyone who reaches the RTMP port can be refused: a caller, whatever app it asks for, is told of at most
// once in kRefusedQuiet, and at most this many callers within that time.
inline constexpr std::size_t kMaxRefusedCallers = 16;
inline constexpr std::chrono::hours kRefusedQuiet{1};

class EventLog {
 public:
  // Reads back what `directory` holds. `on_entry` is told of each new entry.
  EventLog(const std::string& directory, std::function<void(const LogEntry&)> on_entry,
           std::size_t max_file_bytes = kMaxLogFileBytes);

  // ---- what happens --------------------------------------------------------------------------------
  void started();
  // As it is observed, as often as one likes: an entry is made when state or reason are others than those
  // last logged. No news are: what a manager shows of a relay that has not reported yet; and that a stream
  // last logged as retrying or refused connects, until that had another result.
  void stream_is(const Stream& stream, const StreamStatus& status);
  void source_is(const Source& source, const control::SourceFacts& facts);
  // What somebody did. kAdded, kRemoved, kRetried; kChanged of a source.
  void done(const Stream& stream, LogEvent event);
  void done(const Source& source, LogEvent event);
  // Logs what is different, if anything. The order of the streams is no news.
  void edited(const Stream& before, const Stream& after);
  // `address` with its port, which is left out: it is another one at each try.
  void refused(std::string_view address, Instant now);

  // ---- what is known -------------------------------------------------------------------------------
  // Oldest first. With `after` the next ones behind it, else the newest.
  std::vector<LogEntry> entries(const LogQuery& query) const;

 private:
  struct Seen {
    control::StreamState state = control::StreamState::kOff;
    std::string code;  // of the reason; empty: none
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  void read_back();
  void keep(LogEntry entry);
  void note_seen(const LogEntry& entry);
  void add(LogEntry entry);

  LogFile file_;
  std::function<void(const LogEntry&)> on_entry_;
  std::int64_t opened_ms_;
  std::int64_t last_id_ = 0;
  std::deque<LogEntry> entries_;
  std::map<std::int64_t, Seen> streams_;     // as last logged
  std::map<std::int64_t, bool> publishing_;  // sources, as last logged
  std::map<std::string, Instant> refused_;   // by caller: when it was logged
};

}  // namespace sluice::manager
