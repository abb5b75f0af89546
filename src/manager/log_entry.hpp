// One entry of the event log: what happened to what, and when. Its JSON is that of the API, of the event
// `log` and of a line in the file (event_log.hpp). Sans-I/O; runs in the manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/messages.hpp"
#include "manager/json_views.hpp"

namespace sluice::manager {

enum class LogKind : std::uint8_t { kStream, kSource, kSluice };

enum class LogEvent : std::uint8_t {
  kState,  // of a stream; the new one
  kAdded,
  kChanged,
  kRemoved,
  kSwitchedOn,
  kSwitchedOff,
  kRetried,
  kPublishing,  // a source's publisher has come; kAbsent: it is gone
  kAbsent,
  kStarted,  // sluiced itself
  kPublisherRefused,
};

struct LogEntry {
  std::int64_t id = 0;  // grows; never used again
  std::int64_t at_ms = 0;
  LogKind kind = LogKind::kSluice;
  std::int64_t target = 0;  // id of the stream or source; 0: none
  std::string name = {};    // of that, at that time; of a refused publisher its address. Empty: none
  LogEvent event = LogEvent::kStarted;
  std::optional<control::StreamState> state = {};  // kState
  std::optional<control::Reason> reason = {};      // kState
};

inline constexpr std::size_t kMaxLogEntries = 5000;  // kept, and given at once
// What a platform said can be long; this much of a reason is kept in one entry.
inline constexpr std::size_t kMaxLogReasonBytes = 2048;
// Far below the last number that a page can tell from the next one (2^53), and far above any clock in ms.
inline constexpr std::int64_t kMaxLogId = std::int64_t{1} << 52U;

// Which entries are asked for; both `stream` and `source`: those of either.
struct LogQuery {
  std::optional<std::int64_t> stream = {}, source = {};
  std::optional<std::int64_t> after = {};  // only those with greater ids
  std::size_t limit = 1000;                // 1 to kMaxLogEntries
};

Json to_json(const LogEntry& entry);
// nullopt: not what to_json gives, with every type and bound.
std::optional<LogEntry> parse_log_entry(std::string_view line);

// Its text is cut and its parameters are left out where they are more than kMaxLogReasonBytes.
control::Reason shortened(control::Reason reason);

}  // namespace sluice::manager
