// From the text of a catalogue of platforms to checked JSON. Sans-I/O; runs in the manager.
//
// As strict as platforms/platforms.schema.json; docs/platforms.md says what each field means.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "manager/json_views.hpp"

namespace sluice::manager {

inline constexpr std::size_t kMaxPlatformsBytes = 1U << 20U;

// The platforms as they stand in `text`. Else where something is wrong and what is expected there, as half a
// sentence: "platforms[3].video.b_frames must be true or false (platform “twitch”)".
std::expected<Json, std::string> read_platforms(std::string_view text);

}  // namespace sluice::manager
