// How much one side believes the other. Manager and workers.
#pragma once

#include <cstddef>

namespace sluice::control {

inline constexpr std::size_t kMaxTextBytes = 4096;  // what people read; cut to this when sent
inline constexpr std::size_t kMaxServerBytes = 4096;
inline constexpr std::size_t kMaxNameBytes = 1024;  // app and key, as rtmp::kMaxNameBytes
inline constexpr std::size_t kMaxCertificateBytes = 64U << 10U;
inline constexpr std::size_t kMaxReasonParams = 16;

}  // namespace sluice::control
