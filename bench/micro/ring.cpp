// How long it takes to write one second of a show into the ring, and for one reader to copy it out.
#include <benchmark/benchmark.h>

#include "media/inspect.hpp"
#include "micro/second.hpp"
#include "ring/reader.hpp"
#include "ring/writer.hpp"

namespace sluice::bench {
namespace {

bool write_second(ring::Writer& writer, const std::vector<TypicalMessage>& second) {
  for (const TypicalMessage& message : second) {
    const media::MessageView view = message.view();
    if (!writer.append(view, media::inspect(view), Clock::now())) return false;
  }
  return true;
}

std::size_t read_all(const ring::Reader& reader, ring::Position& position, ring::Record& record) {
  std::size_t messages = 0;
  while (reader.next(position, record) == ring::ReadResult::kMessage) ++messages;
  return messages;
}

// Once through the ring. What is touched for the first time is no figure: that happens once in its life, not
// per second.
template <typename Then>
bool write_until_full(ring::Writer& writer, const std::vector<TypicalMessage>& second, Then then) {
  while (writer.end() < ring::kDefaultDataBytes) {
    if (!write_second(writer, second)) return false;
    then();
  }
  return true;
}

void write_ring(benchmark::State& state) {
  const auto second = typical_second();
  auto writer = ring::Writer::create();
  if (!writer) return state.SkipWithError("no ring");
  writer->begin_generation();
  if (!write_until_full(*writer, second, [] {})) return state.SkipWithError("the ring refused a message");
  for (auto _ : state) {
    if (!write_second(*writer, second)) return state.SkipWithError("the ring refused a message");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(second)) * state.iterations());
}
BENCHMARK(write_ring);

void write_and_read_ring(benchmark::State& state) {
  const auto second = typical_second();
  auto writer = ring::Writer::create();
  if (!writer) return state.SkipWithError("no ring");
  auto reader = ring::Reader::open(writer->fd());
  if (!reader) return state.SkipWithError("no reader");
  writer->begin_generation();
  ring::Position position = 0;
  ring::Record record;
  const auto read = [&] { return read_all(*reader, position, record); };
  if (!write_until_full(*writer, second, read)) return state.SkipWithError("the ring refused a message");
  for (auto _ : state) {
    if (!write_second(*writer, second)) return state.SkipWithError("the ring refused a message");
    if (read() != second.size()) return state.SkipWithError("messages are missing");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(second)) * state.iterations());
}
BENCHMARK(write_and_read_ring);

}  // namespace
}  // namespace sluice::bench
