// Structured log lines on stderr: one event, then fields. Used by every program, from its one thread.
//
//   log::info("publisher connected", {{"source", 1}, {"address", peer}});
//   2026-11-23T19:40:00.123Z info  relay: publisher connected source=1 address="127.0.0.1:4242"
//
// Values are escaped, so that nothing a peer sends can forge a line (control characters, quotes, newlines).
// A Secret has no conversion to Value: logging one does not compile.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kText, kJson };

class Value {
 public:
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(const std::string& text) : value_(text) {}
  Value(bool flag) : value_(flag) {}
  Value(double number) : value_(number) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T number) : value_(static_cast<std::int64_t>(number)) {}

  const std::variant<std::string, bool, double, std::int64_t>& get() const { return value_; }

 private:
  std::variant<std::string, bool, double, std::int64_t> value_;
};

struct Field {
  std::string_view name;
  Value value;
};
using Fields = std::initializer_list<Field>;

// `program` is put on every line. Call once, before the first line; the default is text at info level.
void open(std::string_view program, Format format, Level level);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace sluice::log
