// Entries of the event log to JSON and back. Runs in the manager.
#include "manager/log_entry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "control/limits.hpp"
#include "manager/times.hpp"
#include "manager/validation.hpp"

namespace sluice::manager {
namespace {

// What is read. Not the API's Json, whose objects are lists: a damaged line of many members would take
// minutes.
using Value = nlohmann::json;

constexpr std::array<std::pair<LogKind, std::string_view>, 3> kKinds{{
    {LogKind::kStream, "stream"},
    {LogKind::kSource, "source"},
    {LogKind::kSluice, "sluice"},
}};

constexpr std::array<std::pair<LogEvent, std::string_view>, 11> kEvents{{
    {LogEvent::kState, "state"},
    {LogEvent::kAdded, "added"},
    {LogEvent::kChanged, "changed"},
    {LogEvent::kRemoved, "removed"},
    {LogEvent::kSwitchedOn, "switched_on"},
    {LogEvent::kSwitchedOff, "switched_off"},
    {LogEvent::kRetried, "retried"},
    {LogEvent::kPublishing, "publishing"},
    {LogEvent::kAbsent, "absent"},
    {LogEvent::kStarted, "started"},
    {LogEvent::kPublisherRefused, "publisher_refused"},
}};

constexpr std::array kStates = {control::StreamState::kOff,        control::StreamState::kWaiting,
                                control::StreamState::kConnecting, control::StreamState::kLive,
                                control::StreamState::kHolding,    control::StreamState::kRetrying,
                                control::StreamState::kRefused};

template <typename Table, typename Meaning>
std::string_view word_of(const Table& table, Meaning value) {
  return std::ranges::find(table, value, &Table::value_type::first)->second;
}

const std::string* text_in(const Value& object, const char* field, std::size_t limit) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_string()) return nullptr;
  const auto& text = found->get_ref<const std::string&>();
  return text.size() <= limit ? &text : nullptr;
}

bool is_null(const Value& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_null();
}

std::optional<std::int64_t> number_in(const Value& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  const auto number = found->get<std::int64_t>();
  return number > 0 && number < kMaxLogId ? std::optional(number) : std::nullopt;
}

template <typename Table, typename Meaning>
bool read_word(const Value& object, const char* field, const Table& table, Meaning& value) {
  const std::string* word = text_in(object, field, kMaxPlatformBytes);
  if (word == nullptr) return false;
  const auto found = std::ranges::find(table, *word, &Table::value_type::second);
  if (found == table.end()) return false;
  value = found->first;
  return true;
}

bool read_state(const Value& object, std::optional<control::StreamState>& state) {
  if (is_null(object, "state")) return true;
  const std::string* word = text_in(object, "state", kMaxPlatformBytes);
  if (word == nullptr) return false;
  const auto found =
      std::ranges::find_if(kStates, [&](const auto known) { return control::to_string(known) == *word; });
  if (found == kStates.end()) return false;
  state = *found;
  return true;
}

bool read_reason(const Value& object, std::optional<control::Reason>& reason) {
  if (is_null(object, "reason")) return true;
  const auto found = object.find("reason");
  if (found == object.end() || !found->is_object()) return false;
  const std::string* code = text_in(*found, "code", kMaxPlatformBytes);
  const std::string* text = text_in(*found, "text", control::kMaxTextBytes);
  const auto params = found->find("params");
  if (code == nullptr || text == nullptr || params == found->end() || !params->is_object()) return false;
  reason = control::Reason{*code, *text, {}};
  if (params->size() > control::kMaxReasonParams) return false;
  for (const auto& [name, value] : params->items()) {
    const auto* said = value.template get_ptr<const std::string*>();
    if (said == nullptr || said->size() > control::kMaxTextBytes) return false;
    reason->params.emplace_back(name, *said);
  }
  return true;
}

}  // namespace

Json to_json(const LogEntry& entry) {
  return {{"id", entry.id},
          {"at", rfc3339(entry.at_ms)},
          {"kind", word_of(kKinds, entry.kind)},
          {"target", entry.target == 0 ? Json(nullptr) : Json(entry.target)},
          {"name", entry.name.empty() ? Json(nullptr) : Json(entry.name)},
          {"event", word_of(kEvents, entry.event)},
          {"state", entry.state ? Json(control::to_string(*entry.state)) : Json(nullptr)},
          {"reason", entry.reason ? to_json(*entry.reason) : Json(nullptr)}};
}

std::optional<LogEntry> parse_log_entry(std::string_view line) {
  const Value object = Value::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  LogEntry entry;
  const auto id = number_in(object, "id");
  const std::string* at = text_in(object, "at", kMaxPlatformBytes);
  const auto at_ms = at == nullptr ? std::nullopt : parse_rfc3339(*at);
  if (!id || !at_ms) return std::nullopt;
  entry.id = *id;
  entry.at_ms = *at_ms;
  if (!read_word(object, "kind", kKinds, entry.kind) || !read_word(object, "event", kEvents, entry.event))
    return std::nullopt;
  if (!is_null(object, "target")) {
    const auto target = number_in(object, "target");
    if (!target) return std::nullopt;
    entry.target = *target;
  }
  if (!is_null(object, "name")) {
    const std::string* name = text_in(object, "name", kMaxNameBytes);
    if (name == nullptr) return std::nullopt;
    entry.name = *name;
  }
  if (!read_state(object, entry.state) || !read_reason(object, entry.reason)) return std::nullopt;
  return entry;
}

control::Reason shortened(control::Reason reason) {
  std::size_t bytes = reason.text.size();
  for (const auto& [name, value] : reason.params) bytes += name.size() + value.size();
  if (bytes <= kMaxLogReasonBytes) return reason;
  reason.params.clear();
  if (reason.text.size() <= kMaxLogReasonBytes) return reason;
  std::size_t end = kMaxLogReasonBytes;
  while (end > 0 && (static_cast<unsigned char>(reason.text[end]) & 0xC0U) == 0x80U)
    --end;  // whole characters
  reason.text.resize(end);
  return reason;
}

}  // namespace sluice::manager
