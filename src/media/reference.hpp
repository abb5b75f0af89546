// Which coded frames can be left out without harm to those that stay. Sans-I/O; runs in a relay.
#pragma once

#include <cstdint>

#include "media/inspect.hpp"
#include "media/message.hpp"

namespace sluice::media {

// Whether no other picture is predicted from this H.264 frame: nal_ref_idc is 0 in all its slices (H.264
// 7.4.1). False for what is no H.264 frame, or cannot be read: keep it. HEVC's "non-reference" pictures may
// still be referenced from higher sub-layers (H.265 7.4.2.2), so they are never called unreferenced here.
// `nal_length_bytes` is the avcC record's (media/avc.hpp).
bool is_unreferenced(const MessageView& message, const Traits& traits, std::uint8_t nal_length_bytes);

}  // namespace sluice::media
