// Whether a platform that takes one decoder configuration may be sent another in the same session. Facebook
// forbids changed settings in a show, and so do others; a mere difference in bytes (another build of the
// encoder) hurts nobody. Sans-I/O; runs in a relay.
#pragma once

#include "media/message.hpp"

namespace sluice::media {

// Both are sequence headers of the same track. True when they are equal, or describe the same codec, profile,
// level, picture size, chroma format and frame rate as the SPS tells it, or sample rate and channels. What is
// not understood counts as different.
bool same_format(const MessageView& running, const MessageView& next);

}  // namespace sluice::media
