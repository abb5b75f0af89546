// A wake-up that crosses processes (an eventfd). One per reader, so that no reader can disturb another.
#pragma once

#include <cstddef>
#include <expected>
#include <system_error>

#include "base/fd.hpp"

namespace sluice::os {

std::expected<UniqueFd, std::error_code> create_wake();
// Never blocks; a full counter means that the reader has not yet taken the last one, which is as good.
void wake(int fd);
// Reading this much resets it. Do so before looking at what it announces.
inline constexpr std::size_t kWakeBytes = 8;

}  // namespace sluice::os
