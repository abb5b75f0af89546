// See the header.
#include "relay/codecs.hpp"

#include <algorithm>

namespace sluice::relay {
namespace {

using media::Codec;

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
  return !std::ranges::search(text, lower_case, same).empty();
}

media::Traits traits_of(const ring::StoredMessage& stored) {
  return media::inspect({stored.kind, 0, stored.payload});
}

}  // namespace

std::vector<Codec> enhanced_codecs(const MessageSource* source) {
  std::vector<Codec> codecs;
  if (source == nullptr) return codecs;
  for (const ring::StoredMessage& stored : source->stored_messages()) {
    const media::Traits traits = traits_of(stored);
    const bool has_name = traits.is_enhanced && !media::four_cc(traits.codec).empty();
    if (has_name && std::ranges::find(codecs, traits.codec) == codecs.end()) codecs.push_back(traits.codec);
  }
  return codecs;
}

Codec unaccepted_codec(const media::MessageView& message, const rtmp::PublishSession& session) {
  const media::Traits traits = media::inspect(message);
  const bool counts = traits.is_sequence_header && traits.is_enhanced && traits.track == 0;
  return counts && !session.accepts(traits.codec) ? traits.codec : Codec::kNone;
}

Codec unaccepted_codec(const MessageSource* source, const rtmp::PublishSession& session) {
  if (source == nullptr) return Codec::kNone;
  for (const ring::StoredMessage& stored : source->stored_messages()) {
    const Codec codec = unaccepted_codec({stored.kind, 0, stored.payload}, session);
    if (codec != Codec::kNone) return codec;
  }
  return Codec::kNone;
}

bool names_a_codec(const rtmp::PlatformRefusal& refusal) {
  return contains_ignoring_case(refusal.code, "codec") ||
         contains_ignoring_case(refusal.description, "codec");
}

}  // namespace sluice::relay
