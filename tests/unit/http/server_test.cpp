// The server with real sockets, called by the real client from another thread.
#include "http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "http/client.hpp"
#include "http/event_queue.hpp"

namespace sluice::http {
namespace {

namespace asio = boost::asio;

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener.get(), 16), 0);
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    origin_ = {"127.0.0.1", ntohs(address.sin_port)};
    server_.emplace(io_, std::move(listener), [this](Request request) { return answer(std::move(request)); });
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override {
    asio::post(io_, [this] {
      server_->stop();
      if (queue_) queue_->close();
      work_.reset();
    });
    thread_.join();
  }

  asio::awaitable<Response> answer(Request request) {
    Response response;
    response.content_type = "text/plain";
    if (request.path() == "/throw") throw std::runtime_error("oops");
    if (request.path() == "/events") {
      response.content_type = "text/event-stream";
      response.events = queue_ = std::make_shared<EventQueue>();
      queue_->push(format_event("snapshot", "one"));
      queue_->push(format_event("stream", "two"));
    } else if (request.path() == "/taken") {
      response.content_type = "video/x-flv";
      response.take_over = [this](UniqueFd socket) { taken_.set_value(std::move(socket)); };
    } else {
      response.body = request.method + " " + request.target + " " + request.body + " from " + request.remote;
    }
    co_return response;
  }

  Origin origin_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::optional<Server> server_;
  std::shared_ptr<EventQueue> queue_;  // the loop's
  std::promise<UniqueFd> taken_;
  std::thread thread_;
};

constexpr std::chrono::seconds kPatience{30};

TEST_F(ServerTest, answers_a_request_with_a_body) {
  const auto response = fetch(origin_, "PUT", "/a?b", "hello", kPatience);
  ASSERT_TRUE(response.has_value()) << response.error();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->body, "PUT /a?b hello from 127.0.0.1");
}

TEST_F(ServerTest, a_handler_that_throws_answers_500_and_the_next_request_is_served) {
  EXPECT_EQ(fetch(origin_, "GET", "/throw", "", kPatience)->status, 500);
  EXPECT_EQ(fetch(origin_, "GET", "/", "", kPatience)->status, 200);
}

TEST_F(ServerTest, a_body_above_the_limit_is_refused_and_its_sender_sees_why) {
  const auto response = fetch(origin_, "POST", "/", std::string(600'000, 'x'), kPatience);
  ASSERT_TRUE(response.has_value()) << response.error();
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->content_type, "application/problem+json");
}

TEST_F(ServerTest, events_arrive_and_following_ends_when_the_reader_has_enough) {
  std::vector<std::string> seen;
  const auto done = follow_events(origin_, "/events", [&](std::string_view event, std::string_view data) {
    seen.push_back(std::string(event) + ":" + std::string(data));
    return seen.size() < 2;
  });
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(seen, (std::vector<std::string>{"snapshot:one", "stream:two"}));
}

TEST_F(ServerTest, following_what_is_no_event_stream_of_ours_fails_with_a_sentence) {
  const auto done = follow_events(origin_, "/throw", [](std::string_view, std::string_view) { return true; });
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().find("500"), std::string::npos);
}

TEST_F(ServerTest, a_connection_that_is_taken_over_outlives_the_server_and_nothing_was_sent_on_it) {
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(origin_.port);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string_view requests = "GET /taken HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(client.get(), requests.data(), requests.size(), 0), std::ssize(requests));
  const UniqueFd socket = taken_.get_future().get();
  ASSERT_TRUE(socket);
  asio::post(io_, [this] { server_->stop(); });
  ASSERT_EQ(fetch(origin_, "GET", "/", "", kPatience).has_value(), false) << "the server has stopped";
  ASSERT_EQ(::send(socket.get(), "mine", 4, 0), 4);
  std::array<char, 64> got{};
  ASSERT_EQ(::recv(client.get(), got.data(), got.size(), 0), 4);
  EXPECT_EQ(std::string_view(got.data(), 4), "mine");
}

TEST_F(ServerTest, of_what_would_be_taken_over_the_server_gives_the_head) {
  const auto response = fetch(origin_, "HEAD", "/taken", "", kPatience);
  ASSERT_TRUE(response.has_value()) << response.error();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "video/x-flv");
  EXPECT_EQ(response->body, "");
}

TEST(Fetch, says_when_nobody_listens) {
  // Bound but not listening: nobody else can take the port meanwhile.
  const UniqueFd reserved(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(reserved.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(reserved.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const auto response = fetch({"127.0.0.1", ntohs(address.sin_port)}, "GET", "/", "", kPatience);
  ASSERT_FALSE(response.has_value());
  EXPECT_NE(response.error().find("is it running?"), std::string::npos);
}

}  // namespace
}  // namespace sluice::http
