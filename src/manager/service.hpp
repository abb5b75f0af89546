// sluiced, put together: from options to exit code. Runs in the manager.
#pragma once

#include "manager/options.hpp"

namespace sluice::manager {

// Until a signal ends it. Failures at start are one sentence on stderr and an exit code of exit_code.hpp.
int run(const Options& options);

}  // namespace sluice::manager
