// Being woken through an eventfd that another process rings.
#include "relay/wake_watch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "os/wake.hpp"

namespace sluice::relay {
namespace {

class WakeWatchTest : public testing::Test {
 protected:
  // The end that rings, and one to watch.
  static UniqueFd duplicate(const UniqueFd& wake) {
    return UniqueFd(::fcntl(wake.get(), F_DUPFD_CLOEXEC, 0));
  }
  // Everything that is ready now.
  void run() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  int calls_ = 0;
  UniqueFd wake_ = std::move(*os::create_wake());
};

TEST_F(WakeWatchTest, calls_once_for_all_that_came_at_once_and_again_for_what_comes_later) {
  WakeWatch watch(io_, [this] { ++calls_; });
  EXPECT_EQ(watch.fd(), -1);
  watch.watch(duplicate(wake_));
  run();
  EXPECT_EQ(calls_, 0);
  for (int round = 1; round <= 3; ++round) {
    os::wake(wake_.get());
    os::wake(wake_.get());
    run();
    EXPECT_EQ(calls_, round);
  }
}

TEST_F(WakeWatchTest, listens_to_the_last_one_it_was_given) {
  const UniqueFd other = std::move(*os::create_wake());
  WakeWatch watch(io_, [this] { ++calls_; });
  watch.watch(duplicate(wake_));
  watch.watch(duplicate(other));
  os::wake(wake_.get());
  run();
  EXPECT_EQ(calls_, 0);
  os::wake(other.get());
  run();
  EXPECT_EQ(calls_, 1);
}

TEST_F(WakeWatchTest, may_be_destroyed_by_what_it_calls_and_says_nothing_afterwards) {
  std::optional<WakeWatch> watch;
  watch.emplace(io_, [&] {
    ++calls_;
    watch.reset();
  });
  watch->watch(duplicate(wake_));
  os::wake(wake_.get());
  run();
  os::wake(wake_.get());
  run();
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace sluice::relay
