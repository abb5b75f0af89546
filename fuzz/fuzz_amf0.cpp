// Any bytes as AMF0: reading ends, within the limits, and commands with it.
#include "rtmp/amf0.hpp"
#include "rtmp/command.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::rtmp;
  const sluice::ByteView input(data, size);
  amf0::Reader reader(input);
  while (!reader.at_end()) {
    const auto value = reader.next();
    if (!value) break;
    if (value->number() != nullptr) amf0::to_u32(*value->number());
  }
  parse_command(kCommand, input);
  parse_command(kAmf3Command, input);
  return 0;
}
