// What a test receiver writes down about one connection: a line of JSON per event and per message, and all
// media as an FLV file for decoders. Runs in rtmp_sink. tests/integration/sink.py reads it; the field names
// are their contract.
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

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

// Where they go; an empty directory: not written.
struct Outputs {
  std::filesystem::path journals;    // <number>.jsonl
  std::filesystem::path recordings;  // <number>.flv
};

// A failed write ends the program: a test must not pass on half a journal.
class Journal {
 public:
  Journal(const std::filesystem::path& directory, int number);

  void event(std::string_view name,
             std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {});
  // `arrived_ns` is the CLOCK_MONOTONIC of the read that completed the message.
  void message(const media::MessageView& message, std::int64_t arrived_ns);
  void flush();

 private:
  void line(const std::string& text);

  OpenFile file_;
};

// The messages as they came, with their timestamps. Like Journal in everything else.
class Recording {
 public:
  Recording(const std::filesystem::path& directory, int number);

  void message(const media::MessageView& message);
  void flush();

 private:
  void write(ByteView bytes);

  OpenFile file_;
};

}  // namespace sluice::tools
