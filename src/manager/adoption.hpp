// Finding the children of a previous manager at start-up. Blocking, before the loop runs; in the manager.
#pragma once

#include <chrono>
#include <vector>

#include "base/fd.hpp"
#include "control/messages.hpp"
#include "manager/run_directory.hpp"
#include "os/process.hpp"

namespace sluice::manager {

struct FoundChild {
  ChildId id = kIngest;
  os::Process process;
  UniqueFd channel;
  control::Hello hello;
  std::vector<UniqueFd> fds;  // that came with the hello
};

// Connects to every socket in the run directory. Who says hello in time is returned; sockets of the dead are
// removed; a child that is there but says nothing (or nonsense) is killed by its recorded pid.
std::vector<FoundChild> find_children(const RunDirectory& directory, std::chrono::milliseconds patience);

}  // namespace sluice::manager
