// Child processes by posix_spawn and pidfd. Runs in the manager.
#include "os/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/check.hpp"
#include "os/errno.hpp"

namespace sluice::os {
namespace {

constexpr int kFirstInherited = 3;
constexpr std::array kEnvironmentNames = {"PATH",         "LANG",          "ASAN_OPTIONS",
                                          "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"};

int pidfd_open(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

std::vector<std::string> child_environment() {
  std::vector<std::string> environment;
  for (const char* name : kEnvironmentNames) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

class FileActions {
 public:
  FileActions() { SLUICE_CHECK(::posix_spawn_file_actions_init(&actions_) == 0); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void open(int fd, const char* path, int flags, mode_t mode) {
    SLUICE_CHECK(::posix_spawn_file_actions_addopen(&actions_, fd, path, flags, mode) == 0);
  }
  void dup2(int from, int to) { SLUICE_CHECK(::posix_spawn_file_actions_adddup2(&actions_, from, to) == 0); }
  void close_from(int fd) { SLUICE_CHECK(::posix_spawn_file_actions_addclosefrom_np(&actions_, fd) == 0); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A child starts as if the shell had started it: nothing blocked, nothing ignored, a group of its own, so
// that a Ctrl-C on the manager's terminal reaches the manager only.
class Attributes {
 public:
  Attributes() {
    SLUICE_CHECK(::posix_spawnattr_init(&attributes_) == 0);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// Duplicates above every target number: a dup2 in the child can then neither overwrite a descriptor that is
// still to be passed nor be a dup2 onto itself, which would leave close-on-exec set.
std::expected<std::vector<UniqueFd>, std::error_code> lift(const std::vector<int>& fds) {
  std::vector<UniqueFd> lifted;
  const int above = kFirstInherited + static_cast<int>(fds.size());
  for (const int fd : fds) {
    lifted.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
    if (!lifted.back()) return errno_failure();
  }
  return lifted;
}

}  // namespace

std::expected<Process, std::error_code> spawn(const SpawnRequest& request) {
  const auto lifted = lift(request.inherit);
  if (!lifted) return std::unexpected(lifted.error());

  FileActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!request.log_path.empty()) {
    actions.open(STDERR_FILENO, request.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    actions.dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  int target = kFirstInherited;
  for (const UniqueFd& fd : *lifted) actions.dup2(fd.get(), target++);
  actions.close_from(target);

  std::vector<std::string> arguments = request.argv;
  std::vector<std::string> environment = child_environment();
  const Attributes attributes;
  Process process;
  const int error = ::posix_spawn(&process.pid, request.program.c_str(), actions.get(), attributes.get(),
                                  pointers(arguments).data(), pointers(environment).data());
  if (error != 0) return errno_failure(error);
  // Nobody else reaps our children, so the pid is still this one.
  process.pidfd.reset(pidfd_open(process.pid));
  if (!process.pidfd) {
    const int saved = errno;
    ::kill(process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
    return errno_failure(saved);
  }
  return process;
}

std::expected<Process, std::error_code> open_process(pid_t pid) {
  Process process;
  process.pid = pid;
  process.pidfd.reset(pidfd_open(pid));
  if (!process.pidfd) return errno_failure();
  return process;
}

void send_signal(const Process& process, int signal) {
  // ESRCH: it has ended already, which is what a signal is mostly for.
  ::syscall(SYS_pidfd_send_signal, process.pidfd.get(), signal, nullptr, 0);
}

std::optional<ExitStatus> reap(const Process& process) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(process.pidfd.get()), &info, WEXITED | WNOHANG) != 0) {
    return std::nullopt;
  }
  if (info.si_pid == 0) return std::nullopt;
  return ExitStatus{.signalled = info.si_code != CLD_EXITED, .code = info.si_status};
}

bool has_ended(const Process& process) {
  pollfd waiting{.fd = process.pidfd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1;
}

std::string own_directory() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return ".";
  const std::string executable(path.data(), static_cast<std::size_t>(length));
  return executable.substr(0, executable.find_last_of('/'));
}

void protect_own_memory() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace sluice::os
