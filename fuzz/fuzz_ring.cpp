// A ring that a hostile writer has changed: every reading ends, and nothing outside the mapping is touched.
// The input is a list of patches: where (32 bit) and what (64 bit).
#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "ring/read_core.hpp"
#include "ring/write_core.hpp"

namespace {

using namespace sluice;

constexpr std::size_t kDataBytes = ring::kMinDataBytes;
constexpr std::size_t kMappedBytes = ring::kHeadBytes + 2 * kDataBytes;
constexpr std::size_t kPatchBytes = 12;

struct alignas(64) Line {
  std::byte bytes[64];
};

void write_some(ring::WriteCore& writer) {
  writer.begin_generation();
  const auto add = [&](media::MessageKind kind, Bytes payload) {
    const media::MessageView message{kind, 0, payload};
    static_cast<void>(writer.append(message, media::inspect(message), Instant{}));
  };
  add(media::MessageKind::kVideo, {0x17, 0, 0, 0, 0, 1, 0x64});
  add(media::MessageKind::kAudio, {0xAF, 0, 0x11, 0x90});
  for (std::uint8_t i = 0; i < 8; ++i) {
    Bytes frame(40, i);
    frame[0] = i % 4 == 0 ? 0x17 : 0x27;
    frame[1] = 1;
    add(media::MessageKind::kVideo, frame);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<Line> lines(kMappedBytes / sizeof(Line));
  auto* memory = reinterpret_cast<std::byte*>(lines.data());
  ring::WriteCore writer(memory, kDataBytes, ring::RingId{});
  write_some(writer);
  for (; size >= kPatchBytes; data += kPatchBytes, size -= kPatchBytes) {
    const std::size_t words = (ring::kHeadBytes + kDataBytes) / ring::kWordBytes;
    std::memcpy(memory + (load_be32(data) % words) * ring::kWordBytes, data + 4, ring::kWordBytes);
  }
  std::memcpy(memory + ring::kHeadBytes + kDataBytes, memory + ring::kHeadBytes, kDataBytes);

  const ring::ReadCore reader(memory, kDataBytes);
  static_cast<void>(reader.stored_messages());
  const auto entry = reader.newest_entry_until(reader.end());
  ring::Position position = entry ? entry->position : 0;
  ring::Record record;
  for (int reads = 0; reads < 64; ++reads) {
    if (reader.next(position, record) != ring::ReadResult::kMessage) break;
  }
  return 0;
}
