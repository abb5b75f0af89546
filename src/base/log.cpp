// Formats one line per event and writes it to stderr in one system call, so that lines of several
// processes in one file never mix.
#include "base/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <iterator>

#include "base/check.hpp"

namespace sluice {

void check_failed(const char* expression, const char* file, int line) {
  log::error("invariant broken", {{"check", expression}, {"file", file}, {"line", line}});
  std::abort();
}

}  // namespace sluice

namespace sluice::log {
namespace {

struct Settings {
  std::string program = "sluice";
  Format format = Format::kText;
  Level level = Level::kInfo;
};

Settings& settings() {
  static Settings instance;
  return instance;
}

constexpr std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "?";
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1000);
}

// JSON string rules; bytes from 0x80 on pass, so that UTF-8 stays readable.
void append_quoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_value(fmt::memory_buffer& out, const Value& value) {
  std::visit(
      [&out](const auto& v) {
        if constexpr (std::same_as<std::decay_t<decltype(v)>, std::string>) {
          append_quoted(out, v);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", v);
        }
      },
      value.get());
}

void append_text(fmt::memory_buffer& out, Level level, std::string_view event, Fields fields) {
  fmt::format_to(std::back_inserter(out), "{} {:<7} {}: {}", utc_now(), name_of(level), settings().program,
                 event);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(out), " {}=", field.name);
    append_value(out, field.value);
  }
}

void append_json(fmt::memory_buffer& out, Level level, std::string_view event, Fields fields) {
  fmt::format_to(std::back_inserter(out), R"({{"time":"{}","level":"{}","program":)", utc_now(),
                 name_of(level));
  append_quoted(out, settings().program);
  fmt::format_to(std::back_inserter(out), R"(,"event":)");
  append_quoted(out, event);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":)", field.name);
    append_value(out, field.value);
  }
  out.push_back('}');
}

void line(Level level, std::string_view event, Fields fields) {
  if (level < settings().level) return;
  fmt::memory_buffer out;
  if (settings().format == Format::kJson) {
    append_json(out, level, event, fields);
  } else {
    append_text(out, level, event, fields);
  }
  out.push_back('\n');
  // A log that cannot be written must not stop a stream.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, out.data(), out.size());
}

}  // namespace

void open(std::string_view program, Format format, Level level) {
  settings() = {std::string(program), format, level};
}

void debug(std::string_view event, Fields fields) {
  line(Level::kDebug, event, fields);
}
void info(std::string_view event, Fields fields) {
  line(Level::kInfo, event, fields);
}
void warning(std::string_view event, Fields fields) {
  line(Level::kWarning, event, fields);
}
void error(std::string_view event, Fields fields) {
  line(Level::kError, event, fields);
}

}  // namespace sluice::log
