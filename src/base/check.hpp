// Assertions that stay on in release: a broken invariant ends the process, and the supervisor replaces it.
#pragma once

namespace sluice {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define SLUICE_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::sluice::check_failed(#expression, __FILE__, __LINE__))
