// Child processes: what they get, what they do not get, and how their end is seen.
#include "os/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "temporary_directory.hpp"

namespace sluice::os {
namespace {

void wait_for_end(const Process& process) {
  pollfd waiting{.fd = process.pidfd.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Spawn : public testing::Test {
 protected:
  // What a shell script says on stdout and stderr.
  std::string output_of(const std::string& script, const std::vector<int>& inherit = {}) {
    const auto process = spawn({.program = "/bin/sh",
                                .argv = {"sh", "-c", script},
                                .inherit = inherit,
                                .log_path = directory.path + "/log"});
    EXPECT_TRUE(process);
    if (!process) return {};
    wait_for_end(*process);
    status = reap(*process);
    return content(directory.path + "/log");
  }
  TemporaryDirectory directory;
  std::optional<ExitStatus> status;
};

TEST_F(Spawn, a_child_gets_exactly_the_descriptors_it_was_given) {
  const UniqueFd kept(::open("/dev/null", O_RDWR));  // deliberately without close-on-exec
  const UniqueFd one(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const UniqueFd two(::open("/dev/full", O_RDONLY | O_CLOEXEC));
  // The shell lists its own table, before it opens anything else.
  const std::string list = "for i in 0 3 4; do readlink /proc/$$/fd/$i; done; ls /proc/$$/fd";
  EXPECT_EQ(output_of(list, {one.get(), two.get()}), "/dev/null\n/dev/zero\n/dev/full\n0\n1\n2\n3\n4\n");
}

TEST_F(Spawn, descriptors_keep_their_order_when_their_numbers_collide_with_the_targets) {
  // 3 and 4 themselves, crossed: each is the other's target.
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const UniqueFd full(::open("/dev/full", O_RDONLY | O_CLOEXEC));
  const UniqueFd saved_3(::fcntl(3, F_DUPFD_CLOEXEC, 10));
  const UniqueFd saved_4(::fcntl(4, F_DUPFD_CLOEXEC, 10));
  const UniqueFd high_zero(::fcntl(zero.get(), F_DUPFD_CLOEXEC, 10));
  const UniqueFd high_full(::fcntl(full.get(), F_DUPFD_CLOEXEC, 10));
  ASSERT_EQ(::dup2(high_full.get(), 3), 3);
  ASSERT_EQ(::dup2(high_zero.get(), 4), 4);
  EXPECT_EQ(output_of("readlink /proc/$$/fd/3 /proc/$$/fd/4", {4, 3}), "/dev/zero\n/dev/full\n");
  if (saved_3)
    ::dup2(saved_3.get(), 3);
  else
    ::close(3);
  if (saved_4)
    ::dup2(saved_4.get(), 4);
  else
    ::close(4);
}

TEST_F(Spawn, a_child_sees_no_environment_but_the_few_names_it_needs) {
  ::setenv("SLUICE_TEST_SECRET", "key", 1);
  ::setenv("LANG", "C", 1);
  const std::string environment = output_of("cat /proc/$$/environ | tr '\\0' '\\n'");
  ::unsetenv("SLUICE_TEST_SECRET");
  EXPECT_EQ(environment.find("SLUICE_TEST_SECRET"), std::string::npos);
  EXPECT_EQ(environment.find("HOME="), std::string::npos);
  EXPECT_NE(environment.find("PATH="), std::string::npos);
  EXPECT_NE(environment.find("LANG=C"), std::string::npos);
}

TEST_F(Spawn, a_child_starts_with_no_signal_blocked_or_ignored_and_in_its_own_group) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const auto old_handler = ::signal(SIGTERM, SIG_IGN);
  // The last seven digits: 1 to 28. The C library keeps two signals above them ignored for itself.
  const std::string output = output_of(
      "sed -En 's/^(Sig(Blk|Ign)):.*(.{7})$/\\1 \\3/p' /proc/self/status; test $$ = $(cut -d' ' -f5 "
      "/proc/$$/stat) && echo own");
  ::signal(SIGTERM, old_handler);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(output, "SigBlk 0000000\nSigIgn 0000000\nown\n");
}

TEST_F(Spawn, logs_are_appended_to) {
  output_of("echo one");
  EXPECT_EQ(output_of("echo two >&2"), "one\ntwo\n");
}

TEST_F(Spawn, an_exit_code_and_a_signal_are_told_apart) {
  output_of("exit 6");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->signalled);
  EXPECT_EQ(status->code, 6);
  output_of("kill -9 $$");
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->signalled);
  EXPECT_EQ(status->code, SIGKILL);
}

TEST_F(Spawn, a_program_that_is_not_there_is_an_error_and_no_child) {
  const auto process =
      spawn({.program = directory.path + "/none", .argv = {"none"}, .inherit = {}, .log_path = ""});
  EXPECT_EQ(process.error(), std::errc::no_such_file_or_directory);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(Spawn, a_log_that_cannot_be_opened_is_an_error) {
  EXPECT_FALSE(
      spawn({.program = "/bin/true", .argv = {"true"}, .inherit = {}, .log_path = "/nonexistent/log"}));
}

TEST(Process, runs_until_it_is_told_to_end_and_is_reaped_once) {
  const auto process =
      spawn({.program = "/bin/sleep", .argv = {"sleep", "60"}, .inherit = {}, .log_path = "/dev/null"})
          .value();
  EXPECT_FALSE(has_ended(process));
  EXPECT_FALSE(reap(process));
  send_signal(process, SIGTERM);
  wait_for_end(process);
  EXPECT_TRUE(has_ended(process));
  const auto status = reap(process);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, SIGTERM);
  EXPECT_FALSE(reap(process));
  send_signal(process, SIGTERM);  // to nobody, whoever has the pid now
}

TEST(Process, the_end_of_an_adopted_process_is_seen) {
  const auto process =
      spawn({.program = "/bin/sleep", .argv = {"sleep", "60"}, .inherit = {}, .log_path = "/dev/null"})
          .value();
  const auto adopted = open_process(process.pid).value();
  EXPECT_FALSE(has_ended(adopted));
  send_signal(adopted, SIGKILL);
  wait_for_end(adopted);
  EXPECT_TRUE(has_ended(adopted));
  EXPECT_TRUE(reap(process));
  EXPECT_EQ(open_process(process.pid).error(), std::errc::no_such_process);
}

TEST(Process, programs_find_each_other_beside_their_own_executable) {
  EXPECT_TRUE(std::filesystem::exists(own_directory() + "/os_test"));
}

}  // namespace

}  // namespace sluice::os
