// From a stream's settings to what its relay is told about a source that is away or without sound. Pure;
// runs in the manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "control/messages.hpp"
#include "manager/model.hpp"

namespace sluice::manager {

inline constexpr std::int64_t kMaxHoldSeconds = 3600;
inline constexpr std::int64_t kMaxStopGraceSeconds = 300;

std::string_view to_string(SilentAudio setting);  // "auto", "on", "off"
std::optional<SilentAudio> parse_silent_audio(std::string_view text);

// `needs_sound`: whether its platform takes no show without sound.
// REQUIRES: the stream has been checked (validation.hpp).
control::HoldPolicy hold_policy(const Stream& stream, bool needs_sound);

}  // namespace sluice::manager
