// Exit codes of sluiced; scripts and service managers rely on them.
#pragma once

namespace sluice::manager {

inline constexpr int kExitUsage = 2;
inline constexpr int kExitPortInUse = 3;
inline constexpr int kExitDataDirectory = 4;
inline constexpr int kExitNewerDatabase = 5;
inline constexpr int kExitAlreadyRunning = 6;

}  // namespace sluice::manager
