// See the header. Runs in the manager.
#include "manager/hold.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace sluice::manager {
namespace {

struct Name {
  SilentAudio setting;
  std::string_view text;
};
constexpr std::array<Name, 3> kNames{
    {{SilentAudio::kAuto, "auto"}, {SilentAudio::kOn, "on"}, {SilentAudio::kOff, "off"}}};

}  // namespace

std::string_view to_string(SilentAudio setting) {
  const auto* found = std::ranges::find(kNames, setting, &Name::setting);
  SLUICE_CHECK(found != kNames.end());
  return found->text;
}

std::optional<SilentAudio> parse_silent_audio(std::string_view text) {
  const auto* found = std::ranges::find(kNames, text, &Name::text);
  if (found == kNames.end()) return std::nullopt;
  return found->setting;
}

control::HoldPolicy hold_policy(const Stream& stream, bool needs_sound) {
  const bool silence =
      stream.silent_audio == SilentAudio::kOn || (stream.silent_audio == SilentAudio::kAuto && needs_sound);
  return {.hold_s = static_cast<int>(stream.hold_s),
          .stop_grace_s = static_cast<int>(stream.stop_grace_s),
          .silent_audio = silence};
}

}  // namespace sluice::manager
