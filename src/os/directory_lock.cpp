// The manager's lock on its data directory.
#include "os/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include "os/errno.hpp"

namespace sluice::os {

std::expected<UniqueFd, std::error_code> lock_directory(const std::string& directory) {
  const std::string path = directory + "/lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno_failure();
  // flock belongs to the open file, not to the process: it ends with the last descriptor, also by death.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return errno_failure();
  return fd;
}

}  // namespace sluice::os
