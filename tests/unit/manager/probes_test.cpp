// Tests of servers, with a stand-in for the program that does them.
#include "manager/probes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

using Outcome = std::expected<Probes::Steps, Problem>;

class ProbesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(directory_.create().has_value()); }

  std::future<Outcome> start(const std::string& app, std::string tls_ca = "") {
    return boost::asio::co_spawn(io_, probes_->run({"rtmp://h/" + app, std::move(tls_ca)}),
                                 boost::asio::use_future);
  }
  bool is_over(const std::future<Outcome>& probe) {
    return probe.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }
  Outcome result(std::future<Outcome> probe) {
    io_.restart();
    while (!is_over(probe)) io_.run_one();
    return probe.get();
  }
  void use(Duration patience, const std::string& programs = FAKE_PROGRAMS) {
    probes_.emplace(io_, directory_, programs, patience);
  }

  TempDirectory temp_;
  RunDirectory directory_{temp_.path()};
  boost::asio::io_context io_{1};
  std::optional<Probes> probes_{std::in_place, io_, directory_, FAKE_PROGRAMS};
};

TEST_F(ProbesTest, the_request_is_carried_to_a_process_and_its_steps_come_back) {
  const auto steps = result(start("live", "PEM"));
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 2U);
  EXPECT_EQ(steps->front().step, "name");
  EXPECT_EQ(steps->front().detail, "rtmp://h/live");
  EXPECT_EQ(steps->back().detail, "PEM");
  EXPECT_TRUE(steps->back().ok);
}

TEST_F(ProbesTest, four_run_at_once_and_the_fifth_is_told_to_wait) {
  std::vector<std::future<Outcome>> running;
  for (std::size_t i = 0; i < kMaxProbes; ++i) running.push_back(start("live"));
  const auto refused = result(start("live"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 503);
  EXPECT_TRUE(refused.error().detail.ends_with("."));
  for (auto& one : running) EXPECT_TRUE(result(std::move(one)));
  EXPECT_TRUE(result(start("live")));
}

TEST_F(ProbesTest, one_that_says_nothing_is_killed_and_makes_room) {
  use(std::chrono::milliseconds{100});
  std::vector<std::future<Outcome>> running;
  for (std::size_t i = 0; i < kMaxProbes; ++i) running.push_back(start("mute"));
  for (auto& one : running) {
    const auto outcome = result(std::move(one));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().status, 503);
  }
  EXPECT_TRUE(result(start("crash")).error().detail.contains("without a result"));
}

TEST_F(ProbesTest, one_that_crashes_or_never_comes_to_an_end_has_no_result) {
  for (const char* app : {"crash", "endless"}) {
    const auto outcome = result(start(app));
    ASSERT_FALSE(outcome) << app;
    EXPECT_EQ(outcome.error().status, 503) << app;
  }
}

TEST_F(ProbesTest, a_program_that_is_missing_is_told_with_its_reason) {
  use(kProbePatience, temp_.path());
  const auto outcome = result(start("live"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().status, 503);
  EXPECT_EQ(outcome.error().reason.value().code, "relay_not_started");
}

}  // namespace
}  // namespace sluice::manager
