// Starts a child with its control socket in the run directory. Errors say why not, for the log and for
// people. Runs in the manager.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "manager/run_directory.hpp"
#include "os/process.hpp"

namespace sluice::manager {

struct ControlSocket {
  UniqueFd listener;  // for the child
  UniqueFd channel;   // connected to it; what is sent waits until the child reads it
};
std::expected<ControlSocket, std::string> make_control_socket(const RunDirectory& directory, ChildId id);

struct StartedChild {
  os::Process process;
  UniqueFd channel;
};
// The program is argv[0] in `program_directory`.
std::expected<StartedChild, std::string> start_child(const RunDirectory& directory, ChildId id,
                                                     const std::string& program_directory,
                                                     std::vector<std::string> argv);

}  // namespace sluice::manager
