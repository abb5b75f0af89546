// The source's last picture: its key frame again once per key-frame interval, copies of it in between at the
// source's frame rate, and silence. Sans-I/O; runs in a relay.
#pragma once

#include <cstdint>
#include <memory>

#include "relay/remains.hpp"
#include "relay/slate.hpp"

namespace sluice::relay {

// The bounds that a measured rhythm is kept within.
inline constexpr std::int64_t kMinGopMs = 500;
inline constexpr std::int64_t kMaxGopMs = 10'000;
inline constexpr std::int64_t kMinFrameMs = 4;  // 240 frames a second and a little
// Where copies cannot be made (other codecs, interlaced pictures), only the key frame is shown, this often.
inline constexpr std::int64_t kKeyFrameEveryMs = 2'000;

// `behind_key_frame`: what was sent last is that key frame itself, so copies of it go on.
// nullptr: there is neither a picture nor silence to show.
std::unique_ptr<Slate> make_frozen_slate(const Remains& remains, bool behind_key_frame);

// One copy of the key frame, a whole message's payload, to stand behind it. Empty: none can be made.
Bytes copy_of(const Remains& remains);

}  // namespace sluice::relay
