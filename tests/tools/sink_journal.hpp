// What a test receiver writes down about one connection: a line of JSON per event and per message. Runs in
// rtmp_sink. tests/integration/rtmp_sink.py reads it; the field names are their contract.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::tools {

std::int64_t monotonic_ns();
// The first 16 hexadecimal digits of the SHA-256.
std::string short_hash(ByteView bytes);

// One file, DIR/<number>.jsonl. With an empty directory it writes nothing. A failed write ends the program:
// a test must not pass on half a journal.
class Journal {
 public:
  Journal(const std::filesystem::path& directory, int number);

  void event(std::string_view name,
             std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {});
  // `arrived_ns` is the CLOCK_MONOTONIC of the read that completed the message.
  void message(const media::MessageView& message, std::int64_t arrived_ns);
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void line(const std::string& text);

  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace sluice::tools
