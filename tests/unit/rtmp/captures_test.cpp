// Real publishers' bytes, recorded on the wire, from the handshake to the last message.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "recorder.hpp"

namespace sluice::rtmp::test {
namespace {

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Bytes capture(const std::string& kind) {
  return read_file(fmt::format("{}/{}/conn1.c2s", CAPTURES_DIR, kind));
}

// The recorder's own count of messages, from its SUMMARY of the publisher's direction.
struct Summary {
  explicit Summary(const std::string& kind) {
    std::ifstream in(fmt::format("{}/{}.txt", CAPTURES_DIR, kind));
    for (std::string line; std::getline(in, line);) {
      if (line.find("C>S  SUMMARY") != std::string::npos) text = line;
      if (line.find("COMMAND FCUnpublish") != std::string::npos) clean_stop = true;
    }
  }
  std::size_t number(const std::string& name) const {
    const auto at = text.find("\"" + name + "\": ");
    return at == std::string::npos ? 0 : std::stoul(text.substr(at + name.size() + 4));
  }
  std::string text;
  bool clean_stop = false;
};

struct Publisher {
  const char* kind;
  const char* key;
};
void PrintTo(const Publisher& publisher, std::ostream* out) {
  *out << publisher.kind;
}

class Captures : public testing::TestWithParam<Publisher> {};

TEST_P(Captures, every_message_of_a_real_publisher_arrives) {
  const Publisher publisher = GetParam();
  const Summary summary(publisher.kind);
  ASSERT_FALSE(summary.text.empty());
  Recorder server;
  ASSERT_TRUE(server.feed(capture(publisher.kind)));
  EXPECT_EQ(server.events.front(), fmt::format("publish app 'live' key '{}'", publisher.key));
  EXPECT_EQ(server.counts[8], summary.number("msg_type_8"));
  EXPECT_EQ(server.counts[9], summary.number("msg_type_9"));
  EXPECT_EQ(server.counts[18], summary.number("msg_type_18"));
  EXPECT_GT(server.counts[8] + server.counts[9], 100U);
  EXPECT_EQ(server.count("unpublish"), summary.clean_stop ? 1U : 0U);
  EXPECT_EQ(server.session.publishing(), !summary.clean_stop);
}

TEST_P(Captures, last_timestamps_are_those_of_the_recording) {
  const Publisher publisher = GetParam();
  const Summary summary(publisher.kind);
  Recorder server;
  ASSERT_TRUE(server.feed(capture(publisher.kind)));
  for (const std::size_t type : {8U, 9U}) {
    const std::string prefix = fmt::format("media {} at ", type);
    std::string last;
    for (const std::string& event : server.events) {
      if (event.starts_with(prefix)) last = event;
    }
    ASSERT_FALSE(last.empty());
    EXPECT_EQ(std::stoul(last.substr(prefix.size())), summary.number(fmt::format("type{}", type)));
  }
}

TEST_P(Captures, cuts_between_reads_change_nothing) {
  const Bytes bytes = capture(GetParam().kind);
  Recorder whole;
  ASSERT_TRUE(whole.feed(bytes));
  for (const std::size_t piece : {1U, 7U, 127U, 1460U}) {
    Recorder pieces;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_TRUE(pieces.feed(ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at))));
    }
    EXPECT_EQ(pieces.events, whole.events) << "pieces of " << piece;
    EXPECT_EQ(pieces.sent, whole.sent) << "pieces of " << piece;
  }
}

INSTANTIATE_TEST_SUITE_P(Publishers, Captures,
                         testing::Values(Publisher{"obs_empty", ""}, Publisher{"ffmpeg", "cap"},
                                         Publisher{"ffmpeg_empty", ""}, Publisher{"ffmpeg_ext", "cap"},
                                         Publisher{"rtmp2sink", "cap"}, Publisher{"rtmpsink", "cap"},
                                         Publisher{"nginxpush", "cap"}),
                         [](const auto& param_info) { return std::string(param_info.param.kind); });

}  // namespace
}  // namespace sluice::rtmp::test
