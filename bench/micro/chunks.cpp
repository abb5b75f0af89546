// How long it takes to cut one second of a show into RTMP chunks, and to put it together again.
#include <benchmark/benchmark.h>

#include "micro/second.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kReadBytes = 16384;  // what one recv of a busy connection brings

void write_second(rtmp::ChunkWriter& writer, rtmp::OutputBuffer& out,
                  const std::vector<TypicalMessage>& second) {
  for (const TypicalMessage& message : second) {
    const bool video = message.kind == media::MessageKind::kVideo;
    writer.write(out, {.chunk_stream = video ? rtmp::kVideoChunkStream : rtmp::kAudioChunkStream,
                       .type = static_cast<std::uint8_t>(message.kind),
                       .timestamp_ms = message.timestamp_ms,
                       .stream_id = 1,
                       .payload = message.payload});
  }
}

void write_chunks(benchmark::State& state) {
  const auto second = typical_second();
  rtmp::ChunkWriter writer;
  rtmp::OutputBuffer out;
  writer.set_chunk_size(out, static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    write_second(writer, out, second);
    benchmark::DoNotOptimize(out.view().data());
    out.consume(out.size());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(second)) * state.iterations());
}
BENCHMARK(write_chunks)->Arg(128)->Arg(4096);

class CountingSink : public rtmp::MessageSink {
 public:
  std::expected<void, rtmp::ProtocolError> on_message(const rtmp::IncomingMessage& message) override {
    bytes_ += message.payload.size();
    return {};
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

void read_chunks(benchmark::State& state) {
  const auto second = typical_second();
  rtmp::ChunkWriter writer;
  rtmp::OutputBuffer out;
  writer.set_chunk_size(out, static_cast<std::uint32_t>(state.range(0)));
  write_second(writer, out, second);

  rtmp::ChunkReader reader;
  reader.allow_media();
  CountingSink sink;
  std::size_t expected = 0;
  for (auto _ : state) {
    for (ByteView rest = out.view(); !rest.empty();) {
      const ByteView piece = rest.first(std::min(rest.size(), kReadBytes));
      rest = rest.subspan(piece.size());
      if (!reader.feed(piece, sink)) return state.SkipWithError("the reader refused what the writer wrote");
    }
    expected += bytes_of(second);
  }
  if (sink.bytes() != expected) state.SkipWithError("messages are missing");
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(second)) * state.iterations());
}
BENCHMARK(read_chunks)->Arg(128)->Arg(4096);

}  // namespace
}  // namespace sluice::bench
