// OpusHead. Runs in the ingest.
#include "media/opus.hpp"

namespace sluice::media {

std::optional<OpusInfo> parse_opus_configuration(ByteView configuration) {
  constexpr std::size_t kFixedBytes = 19;
  if (configuration.size() < kFixedBytes || !as_text(configuration).starts_with("OpusHead"))
    return std::nullopt;
  const std::uint8_t version = configuration[8];
  const std::uint8_t channels = configuration[9];
  if ((version & 0xF0U) != 0 || channels == 0) return std::nullopt;
  return OpusInfo{channels};
}

}  // namespace sluice::media
