// Dialling with real sockets on loopback.
#include "net/dial.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "net/socket.hpp"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Dialled = std::expected<UniqueFd, Failure>;

tcp::endpoint any_port_of(const char* address) {
  return {asio::ip::make_address(address), 0};
}

bool has_ipv6() {
  asio::io_context io;
  boost::system::error_code error;
  tcp::acceptor probe(io);
  probe.open(tcp::v6(), error);
  if (!error) probe.bind(any_port_of("::1"), error);
  return !error;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class DialTest : public testing::Test {
 protected:
  tcp::endpoint listening(const char* address) {
    listeners_.push_back(std::make_unique<tcp::acceptor>(io_, any_port_of(address)));
    return listeners_.back()->local_endpoint();
  }
  // Nothing listens there any more.
  tcp::endpoint refusing(const char* address) {
    return tcp::acceptor(io_, any_port_of(address)).local_endpoint();
  }
  // A listener that accepts nobody and whose queue is full: the kernel drops what comes.
  tcp::endpoint silent(const char* address) {
    auto listener = std::make_unique<tcp::acceptor>(io_);
    listener->open(any_port_of(address).protocol());
    listener->bind(any_port_of(address));
    listener->listen(0);
    const auto endpoint = listener->local_endpoint();
    listeners_.push_back(std::move(listener));
    fillers_.emplace_back(io_).connect(endpoint);
    return endpoint;
  }

  Dialled run(std::vector<tcp::endpoint> addresses) {
    std::optional<Dialled> outcome;
    asio::co_spawn(io_, dial(std::move(addresses)), [&](const std::exception_ptr& error, Dialled dialled) {
      EXPECT_FALSE(error);
      outcome = std::move(dialled);
    });
    io_.run();
    io_.restart();
    return std::move(*outcome);
  }
  // Whom a dialled socket reached.
  static std::string peer(const Dialled& dialled) {
    return dialled ? peer_address(dialled->get()).text : dialled.error().detail;
  }
  static std::string text(const tcp::endpoint& endpoint) {
    const auto host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
  }

  asio::io_context io_;
  std::vector<std::unique_ptr<tcp::acceptor>> listeners_;
  std::vector<tcp::socket> fillers_;
};

TEST_F(DialTest, reaches_the_only_address) {
  const auto good = listening("127.0.0.1");
  EXPECT_EQ(peer(run({good})), text(good));
}

TEST_F(DialTest, a_silent_first_address_does_not_keep_it_from_the_second) {
  const auto first = silent("127.0.0.1");
  const auto second = listening("127.0.0.2");
  const auto before = open_descriptors();
  const auto dialled = run({first, second});
  EXPECT_EQ(peer(dialled), text(second));
  EXPECT_EQ(open_descriptors(), before + 1) << "the loser's socket is still open";
}

TEST_F(DialTest, a_refusing_ipv6_address_does_not_keep_it_from_ipv4) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  const auto first = refusing("::1");
  const auto second = listening("127.0.0.1");
  EXPECT_EQ(peer(run({first, second})), text(second));
}

TEST_F(DialTest, a_dead_family_does_not_keep_it_from_the_other) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  const auto dead = silent("::1");
  const auto good = listening("127.0.0.1");
  EXPECT_EQ(peer(run({dead, dead, dead, dead, dead, dead, dead, good})), text(good));
}

TEST_F(DialTest, says_unreachable_when_all_refuse) {
  const std::vector addresses{refusing("127.0.0.1"), refusing("127.0.0.2")};
  const auto before = open_descriptors();
  const auto dialled = run(addresses);
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().error, NetError::kUnreachable);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(DialTest, says_timeout_when_nobody_answers) {
  const auto dialled = run({silent("127.0.0.1")});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().error, NetError::kTimeout);
}

TEST_F(DialTest, says_that_a_name_without_addresses_has_none) {
  const auto dialled = run({});
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().error, NetError::kNameNotFound);
}

TEST_F(DialTest, closes_everything_when_cancelled) {
  const auto first = silent("127.0.0.1");
  const auto second = silent("127.0.0.2");
  const auto before = open_descriptors();
  asio::cancellation_signal cancel;
  bool cancelled = false;
  asio::co_spawn(io_, dial({first, second}),
                 asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& error, Dialled) {
                   cancelled = error != nullptr;
                 }));
  while (open_descriptors() < before + 2) io_.run_one();
  cancel.emit(asio::cancellation_type::all);
  io_.run();
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace sluice::net
