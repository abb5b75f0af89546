// One manager per data directory.
#pragma once

#include <expected>
#include <string>
#include <system_error>

#include "base/fd.hpp"

namespace sluice::os {

// Holds an exclusive lock on `directory`/lock until the descriptor is closed (also by death). EWOULDBLOCK:
// another process holds it.
std::expected<UniqueFd, std::error_code> lock_directory(const std::string& directory);

}  // namespace sluice::os
