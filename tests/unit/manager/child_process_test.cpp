// One child's end and channel, with real processes.
#include "manager/child_process.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

namespace sluice::manager {
namespace {

std::shared_ptr<ChildProcess> start(boost::asio::io_context& io, ChildProcess::Callbacks callbacks) {
  os::SpawnRequest request;
  request.program = "/usr/bin/sleep";
  request.argv = {"sleep", "60"};
  auto child = std::make_shared<ChildProcess>(io, *os::spawn(request), std::move(callbacks));
  child->start();
  return child;
}

// The loop learnt of the dead child's end and of its channel's in one go. The first made room for the
// successor, which got the second's place in the loop and with it the news meant for that: it was taken for
// dead while it ran, and a third was started beside it.
TEST(ChildProcessTest, a_successor_was_taken_for_dead_because_of_news_of_its_predecessors_channel) {
  boost::asio::io_context io{1};
  std::shared_ptr<ChildProcess> child;
  int ends = 0;
  bool successor_ended = false;
  child = start(io, {{}, {}, [&](std::optional<os::ExitStatus>) {
                       ++ends;
                       child = start(
                           io, {{}, {}, [&](std::optional<os::ExitStatus>) { successor_ended = true; }});
                     }});
  int ends_of_channel[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends_of_channel), 0);
  child->talk_over(UniqueFd(ends_of_channel[0]));
  io.poll();

  const auto watched = os::open_process(child->pid());
  child->signal(SIGKILL);
  pollfd until_dead{watched->pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&until_dead, 1, 20'000), 1);
  ::close(ends_of_channel[1]);
  while (ends == 0) io.run_one();
  io.poll();

  EXPECT_FALSE(successor_ended);
  const auto successor = os::open_process(child->pid());
  child->signal(SIGKILL);
  while (!successor_ended) io.run_one();
  EXPECT_TRUE(os::has_ended(*successor));
}

TEST(ChildProcessTest, a_full_channel_is_not_lost_by_what_is_only_tried) {
  boost::asio::io_context io{1};
  bool lost = false;
  const auto child = start(io, {{}, [&] { lost = true; }, {}});
  auto ends = os::channel_pair();
  ASSERT_TRUE(ends);
  child->talk_over(std::move(ends->first));
  int sent = 0;
  while (sent < 100'000 && child->try_send(control::Watch{1})) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
  io.poll();
  EXPECT_FALSE(lost);
  EXPECT_TRUE(os::receive_message(ends->second.get()));
  EXPECT_TRUE(child->try_send(control::Watch{1}));
  child->signal(SIGKILL);
  child->let_go();
}

}  // namespace
}  // namespace sluice::manager
