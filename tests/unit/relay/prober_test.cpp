// A test of a server from the request to the end, over real sockets. The servers' answers are those of
// tests/unit/relay/connect_check_test.cpp and of the scenarios.
#include "relay/prober.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>

#include "os/channel.hpp"

namespace sluice::relay {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Steps = std::vector<control::ProbeStep>;

class ProberTest : public testing::Test {
 protected:
  void start(const std::string& server, Prober::Deadlines deadlines) {
    auto [ours, its] = os::channel_pair().value();
    manager_ = std::move(ours);
    prober_.emplace(io_, std::move(its), deadlines);
    prober_->start();
    ASSERT_FALSE(os::send_message(manager_.get(), control::encode(control::Probe{server, ""})));
  }

  // Until the last one.
  Steps steps() {
    Steps all;
    const Instant patience = Clock::now() + std::chrono::seconds{20};
    while ((all.empty() || !all.back().last) && Clock::now() < patience) {
      io_.run_one_for(std::chrono::milliseconds{20});
      while (const auto message = os::receive_message(manager_.get()))
        all.push_back(std::get<control::ProbeStep>(control::decode(message->text).value()));
    }
    EXPECT_TRUE(!all.empty() && all.back().last);
    return all;
  }

  bool ends() {
    io_.run_for(std::chrono::seconds{20});
    return io_.stopped();
  }

  asio::io_context io_{1};
  tcp::acceptor silent_{io_, tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
  std::string silent_address_ = "127.0.0.1:" + std::to_string(silent_.local_endpoint().port());
  UniqueFd manager_;
  std::optional<Prober> prober_;
};

TEST_F(ProberTest, a_server_that_says_nothing_is_given_up_and_the_manager_ends_the_process) {
  start("rtmp://" + silent_address_ + "/live",
        {.rtmp = std::chrono::milliseconds{50}, .whole = std::chrono::seconds{15}});
  const Steps all = steps();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].step, "name");
  EXPECT_EQ(all[0].detail, "127.0.0.1");
  EXPECT_EQ(all[1].step, "tcp");
  EXPECT_EQ(all[1].detail, silent_address_);
  EXPECT_TRUE(all[0].ok && all[1].ok && !all[2].ok);
  EXPECT_EQ(all[2].step, "rtmp");
  EXPECT_EQ(all[2].reason.value().code, "timeout");
  EXPECT_GE(all[2].ms, 50);
  EXPECT_FALSE(io_.stopped());
  ASSERT_FALSE(os::send_message(manager_.get(), control::encode(control::End{})));
  EXPECT_TRUE(ends());
}

TEST_F(ProberTest, all_steps_together_have_a_deadline_of_their_own) {
  start("rtmps://" + silent_address_ + "/live",
        {.rtmp = std::chrono::seconds{15}, .whole = std::chrono::milliseconds{50}});
  const Steps all = steps();
  EXPECT_EQ(all.back().step, "tls");
  EXPECT_EQ(all.back().reason.value().code, "timeout");
}

TEST_F(ProberTest, ends_with_its_manager) {
  start("rtmp://" + silent_address_ + "/live", {});
  manager_.reset();
  EXPECT_TRUE(ends());
}

TEST_F(ProberTest, a_manager_that_talks_nonsense_is_not_served) {
  start("rtmp://" + silent_address_ + "/live", {});
  ASSERT_FALSE(os::send_message(manager_.get(), control::encode(control::RetryNow{})));
  EXPECT_TRUE(ends());
}

}  // namespace
}  // namespace sluice::relay
