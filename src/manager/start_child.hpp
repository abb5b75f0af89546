// Starts a child with its control socket in the run directory. Runs in the manager.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "manager/run_directory.hpp"
#include "os/process.hpp"

namespace sluice::manager {

struct StartedChild {
  os::Process process;
  UniqueFd channel;  // connected; what is sent waits until the child reads it
};

// The program is argv[0] in `program_directory`. The error says why not, for the log and for people.
std::expected<StartedChild, std::string> start_child(const RunDirectory& directory, ChildId id,
                                                     const std::string& program_directory,
                                                     std::vector<std::string> argv);

}  // namespace sluice::manager
