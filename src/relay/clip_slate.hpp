// The source's "be right back" clip in a loop. Sans-I/O but for reading the clip's frames from its file; runs
// in a relay.
#pragma once

#include <memory>

#include "media/clip.hpp"
#include "relay/remains.hpp"
#include "relay/slate.hpp"

namespace sluice::relay {

// nullptr: the clip was recorded with other parameter sets than those of the session that `remains` is left
// of, whose decoder would not take it. `behind_key_frame` as for make_frozen_slate().
std::unique_ptr<Slate> make_clip_slate(std::shared_ptr<const media::Clip> clip, const Remains& remains,
                                       bool behind_key_frame);

}  // namespace sluice::relay
