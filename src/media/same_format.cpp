// See the header.
#include "media/same_format.hpp"

#include <algorithm>

#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/avc.hpp"
#include "media/avc_parameters.hpp"
#include "media/hevc.hpp"
#include "media/inspect.hpp"

namespace sluice::media {
namespace {

bool same_avc(ByteView running, ByteView next) {
  const auto before = parse_avc_configuration(running);
  const auto after = parse_avc_configuration(next);
  if (!before || !after || before->profile != after->profile || before->level != after->level) return false;
  const auto old_sets = avc_parameter_sets(running);
  const auto new_sets = avc_parameter_sets(next);
  if (!old_sets || !new_sets || old_sets->sps.empty() || new_sets->sps.empty()) return false;
  const auto a = parse_avc_sps(old_sets->sps.front());
  const auto b = parse_avc_sps(new_sets->sps.front());
  return a && b && a->width == b->width && a->height == b->height && a->chroma_format == b->chroma_format &&
         a->frames_only == b->frames_only && a->frame_rate == b->frame_rate;
}

bool same_hevc(ByteView running, ByteView next) {
  const auto a = parse_hevc_configuration(running);
  const auto b = parse_hevc_configuration(next);
  return a && b && a->profile == b->profile && a->level == b->level && a->width == b->width &&
         a->height == b->height;
}

bool same_av1(ByteView running, ByteView next) {
  const auto a = parse_av1_configuration(running);
  const auto b = parse_av1_configuration(next);
  return a && b && a->profile == b->profile && a->width == b->width && a->height == b->height;
}

bool same_aac(ByteView running, ByteView next) {
  const auto a = parse_aac_configuration(running);
  const auto b = parse_aac_configuration(next);
  return a && b && a->object_type == b->object_type && a->sample_rate == b->sample_rate &&
         a->channels == b->channels;
}

}  // namespace

bool same_format(const MessageView& running, const MessageView& next) {
  if (std::ranges::equal(running.payload, next.payload)) return true;
  const Traits before = inspect(running);
  const Traits after = inspect(next);
  if (before.codec != after.codec || before.is_multitrack != after.is_multitrack) return false;
  switch (before.codec) {
    case Codec::kAvc:
      return same_avc(media_body(running), media_body(next));
    case Codec::kHevc:
      return same_hevc(media_body(running), media_body(next));
    case Codec::kAv1:
      return same_av1(media_body(running), media_body(next));
    case Codec::kAac:
      return same_aac(media_body(running), media_body(next));
    default:
      return false;
  }
}

}  // namespace sluice::media
