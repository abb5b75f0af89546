// avcC records. Runs in the ingest and in relays.
#include "media/avc.hpp"

#include "media/avc_parameters.hpp"

namespace sluice::media {

std::optional<AvcInfo> parse_avc_configuration(ByteView configuration) {
  const auto sets = avc_parameter_sets(configuration);
  if (!sets) return std::nullopt;
  AvcInfo info;
  info.profile = configuration[1];
  info.level = configuration[3];
  info.nal_length_bytes = static_cast<std::uint8_t>((configuration[4] & 3U) + 1);
  const auto sps = sets->sps.empty() ? std::nullopt : parse_avc_sps(sets->sps.front());
  if (!sps) return info;
  info.width = sps->width;
  info.height = sps->height;
  info.frame_rate = sps->frame_rate;
  return info;
}

}  // namespace sluice::media
