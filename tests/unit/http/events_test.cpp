// Server-sent events, both sides.
#include <gtest/gtest.h>

#include <vector>

#include "http/event_parser.hpp"
#include "http/event_queue.hpp"
#include "http/limits.hpp"

namespace sluice::http {
namespace {

using Event = std::pair<std::string, std::string>;

std::vector<Event> parse_cut_at(std::string_view bytes, std::size_t cut) {
  std::vector<Event> events;
  EventParser parser([&](std::string_view event, std::string_view data) {
    events.emplace_back(event, data);
    return true;
  });
  parser.feed(bytes.substr(0, cut));
  parser.feed(bytes.substr(cut));
  return events;
}

TEST(Events, what_is_framed_is_parsed_again_wherever_it_is_cut) {
  const std::string bytes =
      format_event("stream", R"({"id":1})") + format_comment("still here") + format_event("deleted", "a\nb");
  const std::vector<Event> expected{{"stream", R"({"id":1})"}, {"deleted", "a\nb"}};
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) EXPECT_EQ(parse_cut_at(bytes, cut), expected) << cut;
}

TEST(Events, data_cannot_forge_a_second_event) {
  for (const char* data : {"x\n\nevent: evil\ndata: y", "x\r\revent: evil", "x\r\n\r\nevent: evil"}) {
    const std::string bytes = format_event("stream", data);
    const auto events = parse_cut_at(bytes, bytes.size());
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].first, "stream");
    EXPECT_EQ(bytes.find('\r'), std::string::npos);
  }
}

TEST(Events, the_parser_stops_when_the_sink_wants_no_more) {
  int seen = 0;
  EventParser parser([&](std::string_view, std::string_view) { return ++seen < 2; });
  EXPECT_FALSE(parser.feed("data: 1\n\ndata: 2\n\ndata: 3\n\n"));
  EXPECT_EQ(seen, 2);
}

TEST(EventQueue, gives_everything_pushed_in_order_and_tells_its_listener) {
  EventQueue queue;
  int told = 0;
  queue.on_change([&] { ++told; });
  EXPECT_TRUE(queue.push("a"));
  EXPECT_TRUE(queue.push("b"));
  EXPECT_EQ(queue.take(), "ab");
  EXPECT_EQ(queue.take(), "");
  EXPECT_EQ(told, 2);
}

TEST(EventQueue, a_client_that_does_not_read_is_dropped_at_the_limit) {
  EventQueue queue;
  for (std::size_t i = 0; i < kMaxQueuedEvents; ++i) ASSERT_TRUE(queue.push("x"));
  EXPECT_FALSE(queue.push("x"));
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.push("x"));

  EventQueue fat;
  EXPECT_TRUE(fat.push(std::string(kMaxQueuedEventBytes, 'x')));
  EXPECT_FALSE(fat.push("x"));
  EXPECT_TRUE(fat.closed());
}

}  // namespace
}  // namespace sluice::http
