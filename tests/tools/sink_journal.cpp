// The journal and the recording of one connection. Runs in rtmp_sink.
#include "sink_journal.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <span>

#include "base/clock.hpp"
#include "media/flv.hpp"
#include "media/inspect.hpp"

namespace sluice::tools {
namespace {

// Enough for the FLV header of an H.264 picture, its first length and the NAL unit's own header.
constexpr std::size_t kHeadBytes = 12;

std::string_view name_of(media::MessageKind kind) {
  switch (kind) {
    case media::MessageKind::kAudio:
      return "audio";
    case media::MessageKind::kVideo:
      return "video";
    case media::MessageKind::kData:
      return "data";
  }
  return "unknown";
}

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

OpenFile create(const std::filesystem::path& directory, int number, std::string_view extension) {
  if (directory.empty()) return nullptr;
  const auto path = directory / fmt::format("{:03}.{}", number, extension);
  OpenFile file(std::fopen(path.c_str(), "we"));
  if (!file) {
    fmt::print(stderr, "rtmp_sink: cannot write {}\n", path.string());
    std::exit(1);
  }
  return file;
}

}  // namespace

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

std::string short_hash(ByteView bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return hex(std::span(digest).first<8>());
}

Journal::Journal(const std::filesystem::path& directory, int number)
    : file_(create(directory, number, "jsonl")) {}

void Journal::event(std::string_view name,
                    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  if (!file_) return;
  nlohmann::ordered_json entry{{"event", name}, {"at", monotonic_ns()}};
  for (const auto& [field, value] : fields) entry[std::string(field)] = value;
  line(entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  flush();
}

void Journal::message(const media::MessageView& message, std::int64_t arrived_ns) {
  if (!file_) return;
  const media::Traits traits = media::inspect(message);
  const auto head = message.payload.first(std::min(message.payload.size(), kHeadBytes));
  line(fmt::format(
      R"({{"kind":"{}","timestamp":{},"bytes":{},"hash":"{}","at":{},"head":"{}","key":{},"header":{}}})",
      name_of(message.kind), message.timestamp_ms, message.payload.size(), short_hash(message.payload),
      arrived_ns, hex(head), traits.is_key_frame, traits.is_sequence_header));
}

void Journal::line(const std::string& text) {
  if (std::fputs(text.c_str(), file_.get()) < 0 || std::fputc('\n', file_.get()) == EOF) std::abort();
}

void Journal::flush() {
  if (file_ && std::fflush(file_.get()) != 0) std::abort();
}

Recording::Recording(const std::filesystem::path& directory, int number)
    : file_(create(directory, number, "flv")) {
  Bytes header;
  media::append_flv_header(header, true, true);
  if (file_) write(header);
}

void Recording::message(const media::MessageView& message) {
  if (!file_) return;
  Bytes tag;
  media::append_flv_tag(tag, message);
  write(tag);
}

void Recording::write(ByteView bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) std::abort();
}

void Recording::flush() {
  if (file_ && std::fflush(file_.get()) != 0) std::abort();
}

}  // namespace sluice::tools
