// errno as a std::error_code. Used inside src/os only, by every process.
#pragma once

#include <cerrno>
#include <expected>
#include <system_error>

namespace sluice::os {

inline std::error_code errno_code(int error = errno) {
  return {error, std::system_category()};
}
inline std::unexpected<std::error_code> errno_failure(int error = errno) {
  return std::unexpected(errno_code(error));
}

}  // namespace sluice::os
