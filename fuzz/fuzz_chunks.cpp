// Any bytes as a chunk stream: cut in pieces or whole, the same messages come out.
#include <optional>

#include "base/check.hpp"
#include "pieces.hpp"
#include "rtmp/chunk_reader.hpp"

namespace {

using namespace sluice;

struct Sink final : rtmp::MessageSink {
  std::expected<void, rtmp::ProtocolError> on_message(const rtmp::IncomingMessage& m) override {
    append_be32(seen, m.timestamp_ms);
    append_be32(seen, m.stream_id);
    append_u8(seen, m.type);
    append(seen, m.payload);
    return {};
  }
  Bytes seen;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  rtmp::ChunkReader reader;
  Sink pieces;
  std::optional<rtmp::ProtocolError> error;
  fuzz::in_pieces(input, [&](ByteView piece) {
    const auto used = reader.feed(piece, pieces);
    if (!used) error = used.error();
    return used.has_value();
  });
  if (size < 2) return 0;
  rtmp::ChunkReader again;
  Sink whole;
  const auto used = again.feed(input.subspan(1), whole);
  SLUICE_CHECK(used.has_value() == !error.has_value());
  SLUICE_CHECK(used || used.error() == *error);
  SLUICE_CHECK(whole.seen == pieces.seen);
  return 0;
}
