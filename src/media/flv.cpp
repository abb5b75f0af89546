// FLV writer and reader. Runs in the ingest and in tools.
#include "media/flv.hpp"

#include "base/check.hpp"
#include "media/inspect.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

constexpr std::size_t kFileHeaderBytes = 9;

ByteView body_of(const MessageView& message) {
  return message.kind == MessageKind::kData ? without_set_data_frame(message.payload) : message.payload;
}

}  // namespace

void append_flv_header(Bytes& out, bool has_audio, bool has_video) {
  append(out, as_bytes("FLV\x01"));
  append_u8(out, static_cast<std::uint8_t>((has_audio ? 4U : 0U) | (has_video ? 1U : 0U)));
  append_be32(out, kFileHeaderBytes);
  append_be32(out, 0);
}

std::array<std::uint8_t, kFlvTagHeaderBytes> flv_tag_header(const MessageView& message) {
  const std::size_t size = body_of(message).size();
  SLUICE_CHECK(size <= kMaxFlvTagBytes);
  const auto byte = [](std::size_t value, int shift) { return static_cast<std::uint8_t>(value >> shift); };
  const std::size_t time = message.timestamp_ms;
  return {static_cast<std::uint8_t>(message.kind),
          byte(size, 16),
          byte(size, 8),
          byte(size, 0),
          byte(time, 16),
          byte(time, 8),
          byte(time, 0),
          byte(time, 24),
          0,
          0,
          0};
}

std::array<std::uint8_t, kFlvTagTrailerBytes> flv_tag_trailer(const MessageView& message) {
  const std::size_t size = kFlvTagHeaderBytes + body_of(message).size();
  const auto byte = [size](int shift) { return static_cast<std::uint8_t>(size >> shift); };
  return {byte(24), byte(16), byte(8), byte(0)};
}

void append_flv_tag(Bytes& out, const MessageView& message) {
  append(out, flv_tag_header(message));
  append(out, body_of(message));
  append(out, flv_tag_trailer(message));
}

std::string_view sentence(FlvError error) {
  switch (error) {
    case FlvError::kNotFlv:
      return "This is not an FLV file.";
    case FlvError::kEncrypted:
      return "The FLV file is encrypted.";
  }
  return "Unknown FLV error.";
}

void FlvReader::feed(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ = 0;
  append(buffer_, bytes);
}

std::expected<bool, FlvError> FlvReader::read_file_header() {
  if (rest().size() < kFileHeaderBytes) return false;
  if (!as_text(rest()).starts_with("FLV")) return std::unexpected(FlvError::kNotFlv);
  const std::size_t length = load_be32(rest().data() + 5);
  if (length < kFileHeaderBytes || length > kMaxFlvHeaderBytes) return std::unexpected(FlvError::kNotFlv);
  if (rest().size() < length + kFlvTagTrailerBytes) return false;
  used_ += length + kFlvTagTrailerBytes;
  in_tags_ = true;
  return true;
}

std::expected<std::optional<MessageView>, FlvError> FlvReader::next() {
  if (!in_tags_) {
    const auto passed = read_file_header();
    if (!passed) return std::unexpected(passed.error());
    if (!*passed) return std::nullopt;
  }
  while (rest().size() >= kFlvTagHeaderBytes) {
    const ByteView tag = rest();
    if ((tag[0] & 0x20U) != 0) return std::unexpected(FlvError::kEncrypted);
    const std::uint8_t type = tag[0] & 0x1FU;
    const std::size_t length = load_be24(tag.data() + 1);
    if (tag.size() < kFlvTagHeaderBytes + length + kFlvTagTrailerBytes) return std::nullopt;
    used_ += kFlvTagHeaderBytes + length + kFlvTagTrailerBytes;
    if (type != 8 && type != 9 && type != 18) continue;
    const std::uint32_t time = load_be24(tag.data() + 4) | (static_cast<std::uint32_t>(tag[7]) << 24);
    return MessageView{static_cast<MessageKind>(type), time, tag.subspan(kFlvTagHeaderBytes, length)};
  }
  return std::nullopt;
}

}  // namespace sluice::media
