// See the header.
#include "rtmp/accepted_codecs.hpp"

#include <algorithm>
#include <span>

namespace sluice::rtmp {
namespace {

using media::Codec;

constexpr Codec kVideoCodecs[] = {Codec::kAvc, Codec::kHevc, Codec::kVvc,
                                  Codec::kAv1, Codec::kVp8,  Codec::kVp9};
constexpr Codec kAudioCodecs[] = {Codec::kAac,  Codec::kMp3, Codec::kOpus,
                                  Codec::kFlac, Codec::kAc3, Codec::kEac3};
constexpr Codec kAlwaysTaken[] = {Codec::kAvc, Codec::kAac, Codec::kMp3};

using Names = std::vector<std::string>;

bool contains(const auto& range, const auto& wanted) {
  return std::ranges::find(range, wanted) != std::ranges::end(range);
}

void add_list(const amf0::Object& object, Names& names) {
  const amf0::Value* list = object.find("fourCcList");
  const auto* array = list == nullptr ? nullptr : std::get_if<amf0::StrictArray>(&list->held);
  if (array == nullptr) return;
  for (const amf0::Value& value : array->values) {
    if (value.string() != nullptr) names.push_back(*value.string());
  }
}

void add_map(const amf0::Object& object, std::string_view field, Names& names) {
  const amf0::Value* map = object.find(field);
  if (map == nullptr || map->object() == nullptr) return;
  for (const amf0::Property& property : map->object()->properties) names.push_back(property.name);
}

bool leave_out(const Names& names, std::span<const Codec> kind, Codec codec) {
  const auto named = [&](Codec one) { return contains(names, media::four_cc(one)); };
  const bool about_this_kind = std::ranges::any_of(kind, named);
  return about_this_kind && !named(codec) && !contains(names, "*");
}

}  // namespace

void AcceptedCodecs::read(const Command& answer) {
  for (const amf0::Value& value : answer.values) {
    if (value.object() == nullptr) continue;
    add_list(*value.object(), video_);
    add_list(*value.object(), audio_);
    add_map(*value.object(), "videoFourCcInfoMap", video_);
    add_map(*value.object(), "audioFourCcInfoMap", audio_);
  }
}

bool AcceptedCodecs::include(Codec codec) const {
  if (contains(kAlwaysTaken, codec)) return true;
  if (contains(kVideoCodecs, codec)) return !leave_out(video_, kVideoCodecs, codec);
  if (contains(kAudioCodecs, codec)) return !leave_out(audio_, kAudioCodecs, codec);
  return true;
}

}  // namespace sluice::rtmp
