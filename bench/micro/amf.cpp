// How long it takes to decode the connect command, the largest one a publisher sends.
#include <benchmark/benchmark.h>

#include "rtmp/command.hpp"

namespace sluice::bench {
namespace {

// As OBS writes it.
Bytes connect_command() {
  Bytes payload = rtmp::begin_command("connect", 1);
  rtmp::amf0::begin_object(payload);
  for (const auto& [key, text] : {std::pair{"app", "live"}, std::pair{"type", "nonprivate"},
                                  std::pair{"flashVer", "FMLE/3.0 (compatible; FMSc/1.0)"},
                                  std::pair{"swfUrl", "rtmp://192.168.1.20:1935/live"},
                                  std::pair{"tcUrl", "rtmp://192.168.1.20:1935/live"}}) {
    rtmp::amf0::put_key(payload, key);
    rtmp::amf0::put_string(payload, text);
  }
  rtmp::amf0::end_object(payload);
  return payload;
}

void decode_connect(benchmark::State& state) {
  const Bytes payload = connect_command();
  for (auto _ : state) {
    auto command = rtmp::parse_command(rtmp::kCommand, payload);
    if (!command || !command->complete) return state.SkipWithError("the command was not understood");
    benchmark::DoNotOptimize(command);
  }
}
BENCHMARK(decode_connect);

}  // namespace
}  // namespace sluice::bench
