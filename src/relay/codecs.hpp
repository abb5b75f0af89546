// Whether a platform takes what the source sends, and what connect tells it about that. Runs in a relay.
#pragma once

#include <vector>

#include "media/inspect.hpp"
#include "relay/message_source.hpp"
#include "rtmp/publish_session.hpp"

namespace sluice::relay {

// The codecs that the source's sequence headers name in Enhanced RTMP's form, of all tracks, each once. Empty
// as well when the source has not sent its headers yet.
std::vector<media::Codec> enhanced_codecs(const MessageSource* source);

// The codec of this sequence header, if the platform has listed what it takes and that is not among it; else
// kNone. Only Enhanced RTMP's first tracks count: further ones are extras that a platform may ignore.
media::Codec unaccepted_codec(const media::MessageView& message, const rtmp::PublishSession& session);
// The same for all sequence headers that the source has sent so far.
media::Codec unaccepted_codec(const MessageSource* source, const rtmp::PublishSession& session);

// Whether the platform gives a codec as the reason for its refusal.
bool names_a_codec(const rtmp::PlatformRefusal& refusal);

}  // namespace sluice::relay
