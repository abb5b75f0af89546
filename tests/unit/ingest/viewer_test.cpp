// A viewer with a real ring and a real connection, read by the test itself.
#include "ingest/viewer.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "ingest/limits.hpp"

namespace sluice::ingest {
namespace {

struct Pair {
  UniqueFd ours, its;
};
// With small buffers, so that a viewer that does not read is noticed soon.
Pair connection() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  UniqueFd its(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  constexpr int kSmall = 4096;
  ::setsockopt(its.get(), SOL_SOCKET, SO_RCVBUF, &kSmall, sizeof(kSmall));
  EXPECT_EQ(::connect(its.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  return {UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)), std::move(its)};
}

class ViewerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(source_->has_ring_or_makes_one());
    source_->begin({"127.0.0.1:1", "test"}, Clock::now());
    write({0x17, 0, 0, 0, 0, 1});
    write({0x17, 1, 0, 0, 0, 9});
    auto [ours, its] = connection();
    client_ = std::move(its);
    viewer_ = std::make_shared<Viewer>(io_, std::move(ours));
  }
  void write(const Bytes& payload) {
    ASSERT_TRUE(source_->write({media::MessageKind::kVideo, 0, payload}, Clock::now()));
    source_->flush();
    run();
  }
  void write_much() {
    Bytes payload(1U << 20U, 3);
    payload[0] = 0x27;
    payload[1] = 1;
    for (int i = 0; i < 8; ++i) write(payload);
  }
  void run() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  // Until the connection ends.
  std::string read_all() {
    std::string all;
    std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    for (;;) {
      const auto n = ::recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n > 0) {
        all.append(buffer.data(), static_cast<std::size_t>(n));
      } else if (n == 0 || errno != EAGAIN) {
        return all;
      }
      run();
    }
  }

  boost::asio::io_context io_;
  std::unique_ptr<Source> source_ =
      std::make_unique<Source>(io_, 1, [](const control::ClipRecorded&, UniqueFd) {});
  UniqueFd client_;
  std::shared_ptr<Viewer> viewer_;
};

TEST_F(ViewerTest, gets_the_head_and_everything_and_then_the_connection_ends) {
  viewer_->watch(*source_);
  EXPECT_TRUE(viewer_->watching());
  write_much();
  source_->end(true);
  const std::string all = read_all();
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4, 3), "FLV");
  EXPECT_GT(all.size(), std::size_t{8} << 20U);
  EXPECT_FALSE(viewer_->watching());
  EXPECT_FALSE(viewer_->closed()) << "the client closes first";
  client_.reset();
  run();
  EXPECT_TRUE(viewer_->closed());
}

TEST_F(ViewerTest, that_does_not_end_its_side_after_the_end_is_closed_all_the_same) {
  viewer_->refuse(WatchRefusal::kSourceAbsent);
  EXPECT_TRUE(read_all().starts_with("HTTP/1.1 409"));
  viewer_->sweep(Clock::now());
  EXPECT_FALSE(viewer_->closed());
  viewer_->sweep(Clock::now() + kDrain + std::chrono::seconds{1});
  EXPECT_TRUE(viewer_->closed());
}

TEST_F(ViewerTest, that_takes_nothing_is_closed_but_one_with_nothing_to_take_is_not) {
  viewer_->watch(*source_);
  run();
  viewer_->sweep(Clock::now() + std::chrono::hours{1});
  EXPECT_FALSE(viewer_->closed());
  write_much();
  viewer_->sweep(Clock::now());
  EXPECT_FALSE(viewer_->closed());
  viewer_->sweep(Clock::now() + kStuckViewer + std::chrono::seconds{1});
  EXPECT_TRUE(viewer_->closed());
  EXPECT_FALSE(viewer_->watching());
}

TEST_F(ViewerTest, that_goes_is_noticed_at_once_whatever_it_has_said) {
  viewer_->watch(*source_);
  ASSERT_EQ(::send(client_.get(), "GET", 3, 0), 3);
  run();
  EXPECT_FALSE(viewer_->closed());
  client_.reset();
  run();
  EXPECT_TRUE(viewer_->closed());
  write_much();
}

TEST_F(ViewerTest, of_a_source_that_is_removed_is_closed) {
  viewer_->watch(*source_);
  viewer_->forget(*source_);
  EXPECT_TRUE(viewer_->closed());
  source_.reset();
  run();
}

}  // namespace
}  // namespace sluice::ingest
