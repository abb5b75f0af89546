// See the header.
#include "manager/event_log.hpp"

#include <algorithm>
#include <utility>

#include "manager/times.hpp"

namespace sluice::manager {
namespace {

bool is_asked_for(const LogEntry& entry, const LogQuery& query) {
  if (!query.stream && !query.source) return true;
  return (entry.kind == LogKind::kStream && entry.target == query.stream) ||
         (entry.kind == LogKind::kSource && entry.target == query.source);
}

bool is_to_be_tried_again(control::StreamState state) {
  return state == control::StreamState::kRetrying || state == control::StreamState::kRefused;
}

LogEntry entry_of(const Stream& stream, LogEvent event) {
  return {.kind = LogKind::kStream, .target = stream.id, .name = stream.name, .event = event};
}

LogEntry entry_of(const Source& source, LogEvent event) {
  return {.kind = LogKind::kSource, .target = source.id, .name = source.name, .event = event};
}

}  // namespace

EventLog::EventLog(const std::string& directory, std::function<void(const LogEntry&)> on_entry,
                   std::size_t max_file_bytes)
    : file_(directory, max_file_bytes), on_entry_(std::move(on_entry)), opened_ms_(wall_ms()) {
  read_back();
}

void EventLog::read_back() {
  for (const std::string& line : file_.lines()) {
    auto entry = parse_log_entry(line);
    // Damaged; or moved there by hand: ids must grow.
    if (!entry || entry->id <= last_id_) continue;
    keep(std::move(*entry));
  }
  // Entries that never reached the disk, or were deleted there, had ids too: one each, at most one a
  // millisecond. A clock that stands before what was read changes nothing.
  last_id_ = std::max(last_id_, opened_ms_);
}

void EventLog::keep(LogEntry entry) {
  last_id_ = entry.id;
  note_seen(entry);
  entries_.push_back(std::move(entry));
  if (entries_.size() > kMaxLogEntries) entries_.pop_front();
}

// So that what is the same after a restart of sluiced is known to be.
void EventLog::note_seen(const LogEntry& entry) {
  if (entry.event == LogEvent::kRemoved) {
    if (entry.kind == LogKind::kStream) streams_.erase(entry.target);
    if (entry.kind == LogKind::kSource) publishing_.erase(entry.target);
  } else if (entry.event == LogEvent::kAdded) {
    if (entry.kind == LogKind::kStream) streams_[entry.target] = {};
    if (entry.kind == LogKind::kSource) publishing_[entry.target] = false;
  } else if (entry.event == LogEvent::kState && entry.state) {
    streams_[entry.target] = {*entry.state, entry.reason ? entry.reason->code : ""};
  } else if (entry.event == LogEvent::kPublishing || entry.event == LogEvent::kAbsent) {
    publishing_[entry.target] = entry.event == LogEvent::kPublishing;
  }
}

void EventLog::add(LogEntry entry) {
  if (last_id_ + 1 >= kMaxLogId) return;
  entry.id = last_id_ + 1;
  entry.at_ms = wall_ms();
  if (entry.reason) entry.reason = shortened(std::move(*entry.reason));
  file_.append(dump(to_json(entry)));
  keep(std::move(entry));
  if (on_entry_) on_entry_(entries_.back());
}

void EventLog::started() {
  add({.kind = LogKind::kSluice, .event = LogEvent::kStarted});
}

void EventLog::stream_is(const Stream& stream, const StreamStatus& status) {
  const Seen now{status.state, status.reason ? status.reason->code : ""};
  // Of a relay that has just been started or found: it says itself, soon, what it does.
  if (now == Seen{control::StreamState::kWaiting, ""}) return;
  const auto [last, unknown] = streams_.try_emplace(stream.id);
  if (last->second == now) return;
  // One more try of a platform that is down: all of a night's would push everything else out of the log.
  if (now.state == control::StreamState::kConnecting && is_to_be_tried_again(last->second.state)) return;
  // What is known of it is older than the file goes back, and this has not happened now either.
  const bool is_old = unknown && status.since_ms < opened_ms_;
  last->second = now;
  if (is_old) return;
  LogEntry entry = entry_of(stream, LogEvent::kState);
  entry.state = status.state;
  entry.reason = status.reason;
  add(std::move(entry));
}

void EventLog::source_is(const Source& source, const control::SourceFacts& facts) {
  const bool publishing = facts.state == "publishing";
  const auto [last, unknown] = publishing_.try_emplace(source.id);
  if (std::exchange(last->second, publishing) == publishing) return;
  if (unknown && facts.since_ms < opened_ms_) return;  // as with a stream
  add(entry_of(source, publishing ? LogEvent::kPublishing : LogEvent::kAbsent));
}

void EventLog::done(const Stream& stream, LogEvent event) {
  add(entry_of(stream, event));
}

void EventLog::done(const Source& source, LogEvent event) {
  add(entry_of(source, event));
}

void EventLog::edited(const Stream& before, const Stream& after) {
  Stream same = after;
  same.enabled = before.enabled;
  same.position = before.position;
  if (!(same == before)) done(after, LogEvent::kChanged);
  if (after.enabled == before.enabled) return;
  done(after, after.enabled ? LogEvent::kSwitchedOn : LogEvent::kSwitchedOff);
}

void EventLog::refused(std::string_view address, Instant now) {
  std::string caller(address.substr(0, address.rfind(':')));
  std::erase_if(refused_, [&](const auto& entry) { return now - entry.second >= kRefusedQuiet; });
  if (refused_.size() >= kMaxRefusedCallers || !refused_.try_emplace(caller, now).second) return;
  add({.kind = LogKind::kSluice, .name = std::move(caller), .event = LogEvent::kPublisherRefused});
}

std::vector<LogEntry> EventLog::entries(const LogQuery& query) const {
  std::vector<LogEntry> found;
  const auto take = [&](const LogEntry& entry) {
    if (is_asked_for(entry, query)) found.push_back(entry);
    return found.size() < query.limit;
  };
  if (query.after) {
    auto next = std::ranges::upper_bound(entries_, *query.after, {}, &LogEntry::id);
    while (next != entries_.end() && take(*next)) ++next;
    return found;
  }
  auto newest = entries_.rbegin();
  while (newest != entries_.rend() && take(*newest)) ++newest;
  std::ranges::reverse(found);
  return found;
}

}  // namespace sluice::manager
