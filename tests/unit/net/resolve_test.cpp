// Looking up names that answer, fail, or do not answer.
#include "net/resolve.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Answer = std::expected<Addresses, Failure>;

const asio::ip::tcp::endpoint kAddress{asio::ip::make_address("192.0.2.7"), 1935};

class ResolveTest : public testing::Test {
 protected:
  std::future<Answer> ask(std::string host, Duration deadline, BlockingLookup lookup) {
    return asio::co_spawn(io_, resolve(std::move(host), 1935, deadline, std::move(lookup)), asio::use_future);
  }
  asio::io_context io_;
};

TEST_F(ResolveTest, a_literal_address_asks_nobody) {
  auto answer = ask("192.0.2.7", 1h, [](std::string, std::uint16_t) -> std::expected<Addresses, std::string> {
    ADD_FAILURE();
    return {};
  });
  io_.run();
  EXPECT_EQ(answer.get(), Addresses{kAddress});
}

TEST_F(ResolveTest, the_lookups_answer_is_given_on) {
  auto found = ask("found.test", 1h, [](std::string host, std::uint16_t port) {
    EXPECT_EQ(host, "found.test");
    EXPECT_EQ(port, 1935);
    return std::expected<Addresses, std::string>(Addresses{kAddress});
  });
  auto missing = ask("missing.test", 1h, [](std::string, std::uint16_t) {
    return std::expected<Addresses, std::string>(std::unexpected("no such name"));
  });
  io_.run();
  EXPECT_EQ(found.get(), Addresses{kAddress});
  const Answer answer = missing.get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error, NetError::kNameNotFound);
  EXPECT_EQ(answer.error().detail, "no such name");
}

TEST_F(ResolveTest, a_name_server_that_is_silent_is_not_waited_for_and_costs_one_thread) {
  std::promise<void> let_go;
  std::atomic<int> lookups = 0;
  const auto silent = [&, released = let_go.get_future().share()](std::string, std::uint16_t) {
    ++lookups;
    released.wait();
    return std::expected<Addresses, std::string>(Addresses{kAddress});
  };
  std::vector<std::future<Answer>> asked;
  for (int i = 0; i < 3; ++i) asked.push_back(ask("silent.test", 1ms, silent));
  // The lookup still hangs when all have their answer: nobody waited for it.
  for (auto& answer : asked) {
    while (answer.wait_for(0s) != std::future_status::ready) io_.run_one();
    EXPECT_FALSE(answer.get());
  }
  // The next one finds it still under way and gets its answer.
  auto late = ask("silent.test", 1h, silent);
  io_.poll();
  let_go.set_value();
  io_.run();
  EXPECT_EQ(late.get(), Addresses{kAddress});
  EXPECT_EQ(lookups, 1);
}

TEST_F(ResolveTest, localhost_is_found_by_the_system) {
  auto answer = ask("localhost", 1h, system_lookup);
  io_.run();
  const Answer addresses = answer.get();
  ASSERT_TRUE(addresses);
  ASSERT_FALSE(addresses->empty());
  EXPECT_TRUE(addresses->front().address().is_loopback());
  EXPECT_EQ(addresses->front().port(), 1935);
}

}  // namespace
}  // namespace sluice::net
