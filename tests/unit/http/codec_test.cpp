// HTTP/1.1 as bytes.
#include "http/codec.hpp"

#include <gtest/gtest.h>

#include "http/event_queue.hpp"
#include "http/limits.hpp"

namespace sluice::http {
namespace {

const std::string kPut =
    "PUT /api/streams/1?x=y HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\n{\"enabled\":true}";

TEST(RequestReader, reads_the_same_request_wherever_it_is_cut) {
  for (std::size_t cut = 0; cut <= kPut.size(); ++cut) {
    RequestReader reader;
    auto first = reader.feed(std::string_view(kPut).substr(0, cut));
    ASSERT_TRUE(first.has_value()) << cut;
    auto request = std::move(*first);
    if (!request) {
      auto second = reader.feed(std::string_view(kPut).substr(cut));
      ASSERT_TRUE(second.has_value()) << cut;
      request = std::move(*second);
    }
    ASSERT_TRUE(request.has_value()) << cut;
    EXPECT_EQ(request->method, "PUT");
    EXPECT_EQ(request->path(), "/api/streams/1");
    EXPECT_EQ(request->query(), "x=y");
    EXPECT_EQ(request->body, "{\"enabled\":true}");
    EXPECT_EQ(find_header(request->headers, "HOST"), "localhost");
    EXPECT_TRUE(reader.keep_alive());
  }
}

TEST(RequestReader, keeps_the_next_request_for_the_next_call) {
  RequestReader reader;
  ASSERT_TRUE(reader.feed(kPut + kPut + "GET").value().has_value());
  ASSERT_TRUE(reader.feed("").value().has_value());
  EXPECT_FALSE(reader.feed("").value().has_value());
  EXPECT_TRUE(reader.in_request());
}

TEST(RequestReader, joins_a_chunked_body) {
  RequestReader reader;
  const auto request = reader.feed(
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: "
      "close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(request.has_value() && request->has_value());
  EXPECT_EQ((*request)->body, "abcde");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(RequestReader, refuses_what_is_not_http) {
  for (const char* bytes :
       {"\x03 hello, this is an RTMP client\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    RequestReader reader;
    const auto result = reader.feed(bytes);
    ASSERT_FALSE(result.has_value()) << bytes;
    EXPECT_EQ(result.error(), CodecError::kMalformed);
  }
}

TEST(RequestReader, refuses_a_header_above_the_limit_even_when_it_never_ends) {
  RequestReader reader;
  const auto result = reader.feed("GET / HTTP/1.1\r\nX: " + std::string(kMaxHeaderBytes, 'x'));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(status_of(result.error()), 431);
}

TEST(RequestReader, takes_a_body_at_the_limit_and_refuses_one_byte_more) {
  const auto feed = [](std::size_t size) {
    RequestReader reader;
    return reader.feed("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                       std::string(size, 'x'));
  };
  const auto fits = feed(kMaxBodyBytes);
  ASSERT_TRUE(fits.has_value() && fits->has_value());
  const auto result = feed(kMaxBodyBytes + 1);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(status_of(result.error()), 413);
}

TEST(RequestReader, says_once_that_the_client_waits_for_continue) {
  RequestReader reader;
  ASSERT_FALSE(
      reader.feed("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").value().has_value());
  EXPECT_TRUE(reader.wants_continue());
  EXPECT_FALSE(reader.wants_continue());
  EXPECT_TRUE(reader.feed("x").value().has_value());
}

TEST(Serialize, tells_the_length_and_leaves_the_body_out_for_head) {
  Response response;
  response.body = "hello";
  EXPECT_TRUE(serialize(response, true, false).ends_with("\r\n\r\nhello"));
  const std::string head = serialize(response, true, true);
  EXPECT_NE(head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Serialize, gives_no_length_to_an_event_stream_or_an_answer_without_content) {
  Response events;
  events.events = std::make_shared<EventQueue>();
  EXPECT_EQ(serialize(events, false, false).find("Content-Length"), std::string::npos);
  Response nothing;
  nothing.status = 204;
  EXPECT_EQ(serialize(nothing, true, false).find("Content-Length"), std::string::npos);
}

TEST(ResponseReader, reads_what_serialize_writes_cut_at_every_byte) {
  Response response;
  response.status = 422;
  response.content_type = "application/problem+json";
  response.body = R"({"field":"name"})";
  const std::string bytes = serialize(response, false, false);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    ResponseReader reader(1000);
    ASSERT_TRUE(reader.feed(std::string_view(bytes).substr(0, cut)).has_value());
    ASSERT_TRUE(reader.feed(std::string_view(bytes).substr(cut)).value());
    EXPECT_EQ(reader.head()->status, 422);
    EXPECT_EQ(reader.head()->content_type, "application/problem+json");
    EXPECT_EQ(reader.take_body(), response.body);
  }
}

}  // namespace
}  // namespace sluice::http
