// Starting, watching and ending child processes by descriptor, so that a reused pid is never hit.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/fd.hpp"

namespace sluice::os {

struct SpawnRequest {
  std::string program;            // absolute path
  std::vector<std::string> argv;  // argv[0] included; never a secret
  std::vector<int> inherit;       // become 3, 4, … in the child; everything else is close-on-exec
  std::string log_path;           // stderr and stdout are appended there; empty: inherited
};

struct Process {
  pid_t pid = -1;
  UniqueFd pidfd;  // readable when the process is gone
};

struct ExitStatus {
  bool signalled = false;
  int code = 0;  // exit code, or the signal's number
};

// stdin is /dev/null, the child has its own process group and an empty environment but for PATH, LANG and
// sanitizer options. Not inherited: signal masks, descriptors.
std::expected<Process, std::error_code> spawn(const SpawnRequest& request);
// A process that is not our child (re-adoption). Its end can be seen, its status not.
std::expected<Process, std::error_code> open_process(pid_t pid);
void send_signal(const Process& process, int signal);
// Reaps a child that has ended; nullopt: still runs, or was not our child.
std::optional<ExitStatus> reap(const Process& process);
bool has_ended(const Process& process);  // without reaping

// The directory of the running executable: the programs find each other there.
std::string own_directory();

// No core dumps and no ptrace by others: for processes that hold secrets.
void protect_own_memory();

// As many descriptors as the system lets this process have: hundreds of streams need some each.
void raise_descriptor_limit();

}  // namespace sluice::os
