// Any bytes as a clip's file: what is taken keeps what media::Clip promises.
#include <algorithm>

#include "base/check.hpp"
#include "media/clip.hpp"
#include "media/limits.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto read = [&](std::uint64_t offset, std::span<std::uint8_t> out) {
    SLUICE_CHECK(offset <= size && out.size() <= size - offset);
    std::copy_n(data + offset, out.size(), out.begin());
    return true;
  };
  const auto clip = media::Clip::open(read, size);
  if (!clip) return 0;
  SLUICE_CHECK(clip->duration_ms() > 0 && clip->duration_ms() <= media::kMaxClipMs);
  SLUICE_CHECK(!clip->headers().video().empty() && !clip->frames().empty());
  Bytes payload;
  for (std::size_t i = 0; i < clip->frames().size(); ++i) {
    SLUICE_CHECK(clip->frames()[i].timestamp_ms < clip->duration_ms());
    SLUICE_CHECK(clip->read(i, payload) && !payload.empty());
  }
  return 0;
}
