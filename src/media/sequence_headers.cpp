// See the header. Runs in the ingest and in relays.
#include "media/sequence_headers.hpp"

#include <algorithm>
#include <cstdint>

#include "media/limits.hpp"

namespace sluice::media {
namespace {

std::uint64_t hash_more(std::uint64_t hash, ByteView bytes) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3U;
  return hash;
}

}  // namespace

bool SequenceHeaders::take(const MessageView& message, const Traits& traits) {
  if (!traits.is_sequence_header || traits.track != 0) return false;
  if (message.payload.size() > kMaxSequenceHeaderBytes) return false;
  Bytes& header = message.kind == MessageKind::kVideo ? video_ : audio_;
  if (std::ranges::equal(header, message.payload)) return false;
  header.assign(message.payload.begin(), message.payload.end());
  return true;
}

std::string SequenceHeaders::fingerprint() const {
  if (video_.empty() && audio_.empty()) return "";
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const Bytes* header : {&video_, &audio_}) {
    Bytes length;
    append_be32(length, static_cast<std::uint32_t>(header->size()));
    hash = hash_more(hash_more(hash, length), *header);
  }
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back("0123456789abcdef"[(hash >> shift) & 0xFU]);
  return text;
}

}  // namespace sluice::media
