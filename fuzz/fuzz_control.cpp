// Any bytes as a control message: decoding ends, and what was understood can be said again.
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "control/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  if (const auto message = control::decode(as_text({data, size}))) {
    SLUICE_CHECK(control::decode(control::encode(*message)));
  }
  return 0;
}
