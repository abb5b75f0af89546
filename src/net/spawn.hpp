// What becomes of an exception that leaves a coroutine.
#pragma once

#include <exception>

namespace sluice::net {

// For co_spawn: a programming error or the end of memory ends the process; the supervisor replaces it.
inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace sluice::net
