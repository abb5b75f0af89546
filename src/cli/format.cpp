// Tables and sentences. Runs in the command line.
#include "cli/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

using nlohmann::json;

// Fields are read leniently: a sluiced that is newer or older than this program must still be shown.
std::string text_of(const json& object, const char* field) {
  if (!object.is_object()) return "";
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::uint64_t number_of(const json& object, const char* field) {
  if (!object.is_object()) return 0;
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number()) return 0;
  const double value = found->get<double>();
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

const json& part_of(const json& object, const char* field) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(field);
  return found != object.end() ? *found : nothing;
}

std::string_view state_word(std::string_view state) {
  return state == "retrying" ? "trying again" : state;
}

bool has_session(std::string_view state) {
  return state == "live" || state == "holding";
}

ReasonParams params_of(const json& reason) {
  ReasonParams params;
  const json& object = part_of(reason, "params");
  if (!object.is_object()) return params;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) params.emplace_back(name, printable(value.get<std::string>()));
  }
  return params;
}

// What this program has no sentence for, a newer sluiced still says in English.
std::string reason_sentence(const json& reason, Language language) {
  std::string english = text_of(reason, "text");
  if (language == Language::kEnglish) return english;
  const std::string_view sentence = reason_text(text_of(reason, "code"), language);
  return sentence.empty() ? english : fill_in(sentence, params_of(reason));
}

struct StepWord {
  std::string_view step;
  std::string_view english;
  std::string_view french;
};
constexpr std::array<StepWord, 4> kStepWords{{
    {"name", "Name", "Nom"},
    {"tcp", "Connection", "Connexion"},
    {"tls", "Encryption", "Chiffrement"},
    {"rtmp", "RTMP", "RTMP"},
}};

// What this program has no word for is shown as a newer sluiced calls it.
std::string step_word(const std::string& step, Language language) {
  const auto* found = std::ranges::find(kStepWords, step, &StepWord::step);
  if (found == kStepWords.end()) return step;
  return std::string(language == Language::kFrench ? found->french : found->english);
}

// What will happen to a stream by itself, and when.
struct Countdown {
  const char* field;
  std::string_view english;
  std::string_view french;
};
constexpr std::array<Countdown, 2> kCountdowns{{
    {"next_try_at", "next try in", "prochain essai dans"},
    {"hold_until", "ends in", "fin dans"},
}};

// "42 s", "5:00"; never negative, and zero only when the time has come.
std::string time_left(std::chrono::milliseconds time) {
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(time), std::chrono::seconds{0});
  return seconds < std::chrono::minutes{1} ? fmt::format("{} s", seconds.count()) : duration(seconds);
}

std::string reason_of(const json& stream, WallTime now, Language language) {
  std::string text = reason_sentence(part_of(stream, "reason"), language);
  for (const Countdown& countdown : kCountdowns) {
    const std::string at = text_of(stream, countdown.field);
    if (at.empty()) continue;
    text += fmt::format("{}({} {})", text.empty() ? "" : " ",
                        language == Language::kFrench ? countdown.french : countdown.english,
                        time_left(parse_time(at) - now));
  }
  return text;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

using Row = std::vector<std::string>;
struct TableLine {
  Row cells;
  std::string below;  // printed under the row, across all columns
};

std::string table(const std::vector<TableLine>& lines) {
  std::vector<std::size_t> widths;
  for (const TableLine& line : lines) {
    widths.resize(std::max(widths.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line.cells[i]));
  }
  std::string out;
  for (const TableLine& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      row += "  " + line.cells[i] + std::string(widths[i] - width_of(line.cells[i]), ' ');
    }
    row.erase(row.find_last_not_of(' ') + 1);
    out += row + "\n";
    if (!line.below.empty()) out += "        " + line.below + "\n";
  }
  return out;
}

std::string video_of(const json& source) {
  const json& video = part_of(source, "video");
  if (video.is_null()) return "no video";
  std::string text = text_of(video, "codec");
  const std::uint64_t width = number_of(video, "width");
  if (width > 0) text += fmt::format(" {}x{}", width, number_of(video, "height"));
  const json& rate = part_of(video, "frame_rate");
  if (rate.is_number()) text += fmt::format(" {:.4g} fps", rate.get<double>());
  return text + " " + bitrate(number_of(video, "kbps"));
}

std::string audio_of(const json& source) {
  const json& audio = part_of(source, "audio");
  if (audio.is_null()) return "no sound";
  std::string text = text_of(audio, "codec");
  const std::uint64_t rate = number_of(audio, "sample_rate");
  if (rate > 0) text += fmt::format(" {:g} kHz", static_cast<double>(rate) / 1000.0);
  return text + " " + bitrate(number_of(audio, "kbps"));
}

std::string since(const json& object, WallTime now) {
  return duration(now - parse_time(text_of(object, "since")));
}

// Empty: nobody is kept out.
std::string rival_of(const json& source) {
  const std::string address = text_of(source, "kept_out");
  if (address.empty()) return "";
  return fmt::format("Another encoder at {} tries to publish with the same key and is kept out.", address);
}

// With what goes before it; empty: none.
std::string clip_note(const json& source, Language language) {
  const std::string text = clip_text(part_of(source, "clip"), language);
  return text.empty() ? "" : "Be right back: " + text;
}

TableLine source_row(const json& source, WallTime now, Language language) {
  const bool publishing = text_of(source, "state") == "publishing";
  TableLine line;
  line.cells = {std::to_string(number_of(source, "id")), text_of(source, "name"),
                publishing ? "receiving" : "waiting", publishing ? since(source, now) : ""};
  if (publishing) line.below = video_of(source) + ", " + audio_of(source);
  if (const std::string rival = rival_of(source); !rival.empty()) line.below += ". " + rival;
  if (const std::string note = clip_note(source, language); !note.empty())
    line.below += (line.below.empty() ? "" : "\n        ") + note;
  return line;
}

TableLine stream_row(const json& stream, WallTime now, Language language) {
  const std::string state = text_of(stream, "state");
  const json& stats = part_of(stream, "stats");
  TableLine line;
  line.cells = {std::to_string(number_of(stream, "id")), text_of(stream, "name"), text_of(stream, "platform"),
                std::string(state_word(state))};
  if (has_session(state)) {
    const std::uint64_t dropped = number_of(stats, "dropped_video") + number_of(stats, "dropped_audio");
    line.cells.insert(
        line.cells.end(),
        {since(stream, now), bitrate(number_of(stats, "sent_kbps")),
         fmt::format("{} ms", number_of(stats, "behind_ms")), std::to_string(dropped),
         fmt::format("{:.1f} ms", static_cast<double>(number_of(stats, "rtt_us")) / 1000.0),
         std::to_string(number_of(stats, "retransmits")), std::to_string(number_of(stats, "reconnects"))});
  }
  line.below = reason_of(stream, now, language);
  for (const json& warning : part_of(stream, "warnings")) {
    line.below += (line.below.empty() ? "" : " ") + text_of(warning, "text");
  }
  return line;
}

// By position, then id.
std::vector<json> in_order(const json& streams) {
  std::vector<json> ordered(streams.begin(), streams.end());
  std::ranges::sort(ordered, {}, [](const json& stream) {
    return std::pair(number_of(stream, "position"), number_of(stream, "id"));
  });
  return ordered;
}

struct LogWords {
  std::string_view event;
  std::string_view words;
};
constexpr std::array<LogWords, 9> kLogWords{{
    {"state", ""},  // its own word
    {"added", "added"},
    {"changed", "settings changed"},
    {"removed", "removed"},
    {"switched_on", "switched on"},
    {"switched_off", "switched off"},
    {"retried", "told to try again now"},
    {"publishing", "receiving"},
    {"absent", "nobody publishes any more"},
}};

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too; terminals obey them.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    out.push_back(c1 || byte < 0x20 || byte == 0x7F ? '?' : text[i]);
  }
  return out;
}

std::string bitrate(std::uint64_t kbps) {
  if (kbps < 1000) return fmt::format("{} kbit/s", kbps);
  return fmt::format("{:.1f} Mbit/s", static_cast<double>(kbps) / 1000.0);
}

std::string duration(std::chrono::milliseconds time) {
  const auto seconds = std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(time).count(), 0);
  const auto minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, seconds % 60);
}

WallTime parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s) return {};
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return {};
  const int ms = digits(text, 20, 3).value_or(0);
  return sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s} + milliseconds{ms};
}

std::string status_table(const json& sources, const json& streams, WallTime now, Language language) {
  std::vector<TableLine> incoming{{{"ID", "SOURCE", "STATE", "FOR"}, ""}};
  for (const json& source : sources) incoming.push_back(source_row(source, now, language));
  std::string out = table(incoming) + "\n";
  if (streams.empty()) {
    return out + "  No streams yet. Add one: sluice add NAME --server URL --key-file -\n";
  }
  std::vector<TableLine> outgoing{{{"ID", "STREAM", "PLATFORM", "STATE", "FOR", "SENDING", "BEHIND",
                                    "DROPPED", "ROUND TRIP", "RESENT", "RECONNECTS"},
                                   ""}};
  for (const json& stream : in_order(streams)) outgoing.push_back(stream_row(stream, now, language));
  return out + table(outgoing);
}

std::string stream_line(const json& stream, WallTime now, Language language) {
  const std::string state = text_of(stream, "state");
  std::string line =
      fmt::format("stream {} {}: {}", number_of(stream, "id"), text_of(stream, "name"), state_word(state));
  if (const std::string reason = reason_of(stream, now, language); !reason.empty()) line += ", " + reason;
  return line;
}

std::string hold_line(const json& stream) {
  const auto seconds = [&](const char* field) {
    return duration(std::chrono::seconds{number_of(stream, field)});
  };
  const bool holds = number_of(stream, "hold_s") > 0;
  return fmt::format("stream {} {}: {}, ends {} after a stop, silence: {}", number_of(stream, "id"),
                     text_of(stream, "name"),
                     holds ? "holds for " + seconds("hold_s") : "is kept connected in a break",
                     seconds("stop_grace_s"), text_of(stream, "silent_audio"));
}

std::string clip_text(const json& clip, Language language) {
  const std::string state = text_of(clip, "state");
  if (state == "recording") {
    const std::uint64_t wanted = number_of(clip, "seconds");
    const std::string of = wanted > 0 ? fmt::format(" of {} s", wanted) : "";
    return fmt::format("recording, {} s{}", number_of(clip, "recorded_ms") / 1000, of);
  }
  const std::string reason = reason_sentence(part_of(clip, "reason"), language);
  std::string text = state;
  if (state == "ready")
    text += fmt::format(", {:.1f} s", static_cast<double>(number_of(clip, "duration_ms")) / 1000.0);
  return text + (reason.empty() ? "" : ". " + reason);
}

std::string source_line(const json& source, Language language) {
  const bool publishing = text_of(source, "state") == "publishing";
  std::string line = fmt::format("source {} {}: {}", number_of(source, "id"), text_of(source, "name"),
                                 publishing ? "receiving" : "waiting");
  if (publishing) line += ", " + video_of(source) + ", " + audio_of(source);
  if (const std::string rival = rival_of(source); !rival.empty()) line += ". " + rival;
  if (const std::string note = clip_note(source, language); !note.empty()) line += ". " + note;
  return line;
}

std::string probe_line(const json& step, Language language) {
  const bool ok = part_of(step, "ok") == true;
  std::string line = fmt::format("{} {}", ok ? "✓" : "✗", step_word(text_of(step, "step"), language));
  const std::string reason = reason_sentence(part_of(step, "reason"), language);
  const std::string detail = text_of(step, "detail");
  if (!reason.empty()) line += ": " + reason;
  if (!detail.empty()) line += (reason.empty() ? ": " : " ") + (ok ? detail : fmt::format("({})", detail));
  if (ok) line += fmt::format(" ({} ms)", number_of(step, "ms"));
  return line;
}

std::string_view probe_failed(Language language) {
  return language == Language::kFrench ? "le test a échoué" : "the test has failed";
}

WallTime log_time(const json& entry) {
  return parse_time(text_of(entry, "at"));
}

std::string log_line(const json& entry, Language language) {
  const std::string event = text_of(entry, "event");
  const auto words = std::ranges::find(kLogWords, event, &LogWords::event);
  const std::string name = text_of(entry, "name");
  if (event == "started") return "sluiced started";
  if (event == "publisher_refused")
    return "publisher from " + name + " refused: its app and key are no source";
  // A newer sluiced may tell of more than this program has words for.
  std::string line = fmt::format("{} {} {}: {}", text_of(entry, "kind"), number_of(entry, "target"), name,
                                 words == kLogWords.end() ? event : words->words);
  if (event == "state") line += state_word(text_of(entry, "state"));
  const std::string reason = reason_sentence(part_of(entry, "reason"), language);
  return reason.empty() ? line : line + ", " + reason;
}

std::string problem_text(int status, std::string_view body, Language language) {
  const json problem = json::parse(body, nullptr, false);
  const std::string title = text_of(problem, "title");
  const json& reason = part_of(problem, "reason");
  const std::string detail =
      reason.is_object() ? reason_sentence(reason, language) : text_of(problem, "detail");
  const std::string field = text_of(problem, "field");
  if (title.empty() && detail.empty()) {
    return fmt::format("the answer has status {} and no explanation; is it really sluiced?", status);
  }
  std::string text = title;
  if (!detail.empty()) text += (text.empty() ? "" : ": ") + detail;
  if (!field.empty()) text += fmt::format(" (field: {})", field);
  return text;
}

}  // namespace sluice::cli
