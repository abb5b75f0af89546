// What is asked of and learnt about real TCP connections, on loopback.
#include "net/socket.hpp"

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <vector>

#include "net/connect.hpp"
#include "net/spawn.hpp"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class TransportTest : public testing::Test {
 protected:
  TransportTest() : listener_(io_, {asio::ip::make_address("127.0.0.1"), 0}), peer_(io_) {
    asio::co_spawn(
        io_,
        open_transport({.host = "127.0.0.1", .port = listener_.local_endpoint().port(), .tls = std::nullopt}),
        [this](const std::exception_ptr& error, auto opened) {
          rethrow(error);
          if (opened) transport_ = std::move(*opened);
        });
    io_.run();  // the backlog answers
    listener_.accept(peer_);
  }

  // As much as the kernel takes while the peer reads nothing.
  std::size_t fill() {
    const std::vector<std::uint8_t> bytes(1U << 20U);
    std::size_t taken = 0;
    for (;;) {
      const ByteView piece(bytes);
      const IoResult result = transport_->write({&piece, 1});
      if (result.status != IoStatus::kOk) return taken;
      taken += result.bytes;
    }
  }
  TcpFacts facts() { return tcp_facts(transport_->fd()).value(); }

  asio::io_context io_;
  tcp::acceptor listener_;
  tcp::socket peer_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TransportTest, what_the_peer_has_not_acknowledged_is_queued) {
  ASSERT_TRUE(transport_);
  EXPECT_EQ(facts().queued_bytes, 0U);
  const std::uint64_t before = facts().acked_bytes;
  const std::size_t taken = fill();
  ASSERT_GT(taken, 0U);
  EXPECT_EQ(facts().acked_bytes - before + facts().queued_bytes, taken);
  EXPECT_GT(facts().queued_bytes, 0U);

  std::vector<std::uint8_t> read(taken);
  asio::read(peer_, asio::buffer(read));
  // The peer's answer is acknowledged together with all that it has read.
  asio::write(peer_, asio::buffer(read.data(), 1));
  pollfd readable{.fd = transport_->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
  EXPECT_EQ(facts().queued_bytes, 0U);
  EXPECT_EQ(facts().acked_bytes - before, taken);
}

TEST_F(TransportTest, a_peer_that_reads_nothing_leaves_the_queue_in_the_ring) {
  ASSERT_TRUE(transport_);
  fill();
  int unsent = 0;
  ASSERT_EQ(::ioctl(transport_->fd(), SIOCOUTQNSD, &unsent), 0);
  EXPECT_GT(unsent, 0);
  // The kernel stops at the first packet beyond the limit, and packets are up to 64 KiB.
  EXPECT_LE(static_cast<std::size_t>(unsent), kUnsentLimitBytes + (64U << 10U));
}

}  // namespace
}  // namespace sluice::net
