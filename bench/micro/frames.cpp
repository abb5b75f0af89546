// How long it takes to see what one second of messages is: key frames, sequence headers.
#include <benchmark/benchmark.h>

#include "media/inspect.hpp"
#include "micro/second.hpp"

namespace sluice::bench {
namespace {

void detect_key_frames(benchmark::State& state) {
  const auto second = typical_second();
  for (auto _ : state) {
    int key_frames = 0;
    for (const TypicalMessage& message : second)
      key_frames += media::inspect(message.view()).is_key_frame ? 1 : 0;
    if (key_frames != 1) return state.SkipWithError("the key frame was not seen");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(second.size()) * state.iterations());
}
BENCHMARK(detect_key_frames);

}  // namespace
}  // namespace sluice::bench
