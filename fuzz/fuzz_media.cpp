// Any bytes as the payload of an audio, video or data message, and as decoder configurations.
#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/avc.hpp"
#include "media/hevc.hpp"
#include "media/inspect.hpp"
#include "media/meter.hpp"
#include "media/opus.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::media;
  const sluice::ByteView input(data, size);
  parse_av1_configuration(input);
  parse_avc_configuration(input);
  parse_hevc_configuration(input);
  parse_aac_configuration(input);
  parse_opus_configuration(input);
  SourceMeter meter;
  for (const MessageKind kind : {MessageKind::kAudio, MessageKind::kVideo, MessageKind::kData}) {
    const MessageView message{kind, static_cast<std::uint32_t>(size), input};
    meter.add(message, inspect(message), sluice::Instant{});
    media_body(message);
  }
  meter.stats(sluice::Instant{});
  return 0;
}
