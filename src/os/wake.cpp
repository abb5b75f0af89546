// Wake-ups over eventfd. The ingest writes, relays read.
#include "os/wake.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "os/errno.hpp"

namespace sluice::os {

std::expected<UniqueFd, std::error_code> create_wake() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return errno_failure();
  return fd;
}

void wake(int fd) {
  const std::uint64_t one = 1;
  static_assert(sizeof(one) == kWakeBytes);
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

}  // namespace sluice::os
