// What HTTP viewers and RTMP players are given of a ring, without sockets.
#include "ingest/flv_player.hpp"

#include <gtest/gtest.h>

#include "ingest/http_answer.hpp"
#include "media/flv.hpp"
#include "media/inspect.hpp"
#include "ring/layout.hpp"
#include "ring/writer.hpp"

namespace sluice::ingest {
namespace {

using media::MessageKind;

struct Tag {
  MessageKind kind;
  std::uint32_t timestamp_ms;
  Bytes payload;
  bool operator==(const Tag&) const = default;
};

const Bytes kMetadata = {2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't', 'a', 5};
const Bytes kAvc = {0x17, 0, 0, 0, 0, 1, 0x64, 0, 9};
const Bytes kAac = {0xAF, 0, 0x11, 0x90};
// Enhanced RTMP: HEVC, sequence start.
const Bytes kHevc = {0x90, 'h', 'v', 'c', '1', 1, 2, 3};
Bytes key_frame(std::uint8_t mark) {
  return {0x17, 1, 0, 0, 0, 0, 0, 0, 1, mark};
}
Bytes picture(std::uint8_t mark, std::size_t size = 10) {
  Bytes bytes(size, mark);
  bytes[0] = 0x27;
  bytes[1] = 1;
  return bytes;
}
Bytes sound(std::uint8_t mark) {
  return {0xAF, 1, mark};
}

class FlvPlayerTest : public testing::Test {
 protected:
  void SetUp() override { writer_.begin_generation(); }

  void put(MessageKind kind, std::uint32_t ms, const Bytes& payload) {
    const media::MessageView message{kind, ms, payload};
    ASSERT_TRUE(writer_.append(message, media::inspect(message), Instant{}));
  }
  void video(std::uint32_t ms, const Bytes& payload) { put(MessageKind::kVideo, ms, payload); }
  void audio(std::uint32_t ms, const Bytes& payload) { put(MessageKind::kAudio, ms, payload); }
  void headers() {
    put(MessageKind::kData, 0, kMetadata);
    video(0, kAvc);
    audio(0, kAac);
  }
  FlvPlayer player() {
    parser_ = {};
    stream_.clear();
    return FlvPlayer{std::move(*ring::Reader::open(writer_.fd()))};
  }
  // What comes until there is nothing more.
  std::vector<Tag> take(FlvPlayer& player) {
    for (Bytes batch;; batch.clear()) {
      player.pump(batch);
      if (batch.empty()) break;
      parser_.feed(batch);
      stream_.insert(stream_.end(), batch.begin(), batch.end());
    }
    std::vector<Tag> tags;
    for (auto next = parser_.next(); next && *next; next = parser_.next()) {
      const media::MessageView& message = **next;
      tags.push_back(
          {message.kind, message.timestamp_ms, Bytes(message.payload.begin(), message.payload.end())});
    }
    return tags;
  }
  std::vector<std::uint32_t> times(FlvPlayer& player) {
    std::vector<std::uint32_t> times;
    for (const Tag& tag : take(player)) times.push_back(tag.timestamp_ms);
    return times;
  }

  ring::Writer writer_ = std::move(*ring::Writer::create(ring::kMinDataBytes));
  media::FlvReader parser_;
  Bytes stream_;
};

TEST_F(FlvPlayerTest, a_viewer_begins_with_headers_and_the_newest_key_frame_at_0) {
  headers();
  video(5000, key_frame(1));
  video(7000, key_frame(2));
  audio(7010, sound(3));
  auto viewer = player();
  EXPECT_EQ(take(viewer), (std::vector<Tag>{{MessageKind::kData, 0, kMetadata},
                                            {MessageKind::kVideo, 0, kAvc},
                                            {MessageKind::kAudio, 0, kAac},
                                            {MessageKind::kVideo, 0, key_frame(2)},
                                            {MessageKind::kAudio, 10, sound(3)}}));
  EXPECT_EQ(stream_[4], 5) << "sound and picture are announced";
  video(7040, picture(4));
  EXPECT_EQ(take(viewer), (std::vector<Tag>{{MessageKind::kVideo, 40, picture(4)}}));
  EXPECT_FALSE(viewer.ended());
}

TEST_F(FlvPlayerTest, a_viewer_that_is_there_before_the_first_key_frame_waits_for_it) {
  auto viewer = player();
  headers();
  video(0, picture(1));
  EXPECT_TRUE(take(viewer).empty());
  EXPECT_FALSE(viewer.ended());
  video(100, key_frame(2));
  EXPECT_EQ(take(viewer).size(), 4U);
}

TEST_F(FlvPlayerTest, only_tracks_that_there_are_are_announced) {
  video(0, kAvc);
  video(0, key_frame(1));
  auto without_sound = player();
  take(without_sound);
  EXPECT_EQ(stream_[4], 1);

  writer_.begin_generation();
  audio(0, kAac);
  audio(0, sound(1));
  auto without_picture = player();
  take(without_picture);
  EXPECT_EQ(stream_[4], 4);
}

TEST_F(FlvPlayerTest, enhanced_codecs_pass_as_they_are_and_a_command_to_servers_is_left_out) {
  Bytes commanded = {2, 0, 13};
  append(commanded, as_bytes("@setDataFrame"));
  append(commanded, kMetadata);
  put(MessageKind::kData, 0, commanded);
  video(0, kHevc);
  const Bytes coded = {0x93, 'h', 'v', 'c', '1', 7};
  video(0, coded);
  auto viewer = player();
  EXPECT_EQ(take(viewer), (std::vector<Tag>{{MessageKind::kData, 0, kMetadata},
                                            {MessageKind::kVideo, 0, kHevc},
                                            {MessageKind::kVideo, 0, coded}}));
}

TEST_F(FlvPlayerTest, an_overtaken_viewer_goes_on_at_the_newest_key_frame_without_a_hole) {
  headers();
  video(1000, key_frame(1));
  video(1040, picture(2));
  auto viewer = player();
  EXPECT_EQ(take(viewer).back().timestamp_ms, 40U);
  for (int i = 0; i < 20; ++i) video(2000, picture(3, 8000));
  video(9000, key_frame(4));
  video(9040, picture(5));
  EXPECT_EQ(take(viewer), (std::vector<Tag>{{MessageKind::kData, 40, kMetadata},
                                            {MessageKind::kVideo, 40, kAvc},
                                            {MessageKind::kAudio, 40, kAac},
                                            {MessageKind::kVideo, 40, key_frame(4)},
                                            {MessageKind::kVideo, 80, picture(5)}}));
}

TEST_F(FlvPlayerTest, one_pump_takes_a_batch_and_no_more) {
  headers();
  video(0, key_frame(1));
  for (int i = 0; i < 6; ++i) video(40, picture(2, 9000));
  auto viewer = player();
  Bytes batch(60'000);
  viewer.pump(batch);
  EXPECT_GE(batch.size(), FlvPlayer::kBatchBytes);
  EXPECT_LT(batch.size(), FlvPlayer::kBatchBytes + 9100);
  const std::size_t size = batch.size();
  viewer.pump(batch);
  EXPECT_EQ(batch.size(), size) << "it is full";
}

TEST_F(FlvPlayerTest, sound_from_before_the_first_picture_is_not_before_0) {
  headers();
  video(1000, key_frame(1));
  audio(980, sound(2));
  audio(1003, sound(3));
  audio(1001, sound(4));
  auto viewer = player();
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{0, 0, 0, 0, 0, 3, 1}));
}

TEST_F(FlvPlayerTest, a_jump_of_the_sources_clock_takes_no_time_and_tracks_stay_together) {
  headers();
  video(10'000, key_frame(1));
  audio(10'040, sound(2));
  auto viewer = player();
  take(viewer);
  video(50, picture(3));  // it began again
  audio(70, sound(4));
  video(90, picture(5));
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{40, 60, 80}));
  audio(60'090, sound(6));  // a minute forward
  video(60'100, picture(7));
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{80, 90}));
}

TEST_F(FlvPlayerTest, sound_and_picture_with_clocks_far_apart_both_go_on) {
  for (const std::uint32_t sound_ms : {15'000U, 5'000U}) {
    writer_.begin_generation();
    headers();
    video(10'000, key_frame(1));
    auto viewer = player();
    take(viewer);
    for (std::uint32_t ms = 0; ms < 200; ms += 40) {
      audio(sound_ms + ms, sound(2));
      video(10'040 + ms, picture(3));
    }
    EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{0, 40, 40, 80, 80, 120, 120, 160, 160, 200}));
  }
}

TEST_F(FlvPlayerTest, a_jump_is_followed_by_tracks_that_jump_later) {
  headers();
  video(10'000, key_frame(1));
  auto viewer = player();
  take(viewer);
  audio(10'000, sound(2));
  audio(40, sound(3));
  video(10'040, picture(4));
  audio(80, sound(5));
  video(80, picture(6));
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{0, 0, 40, 40, 40}));
}

TEST_F(FlvPlayerTest, metadata_and_headers_of_any_time_move_no_clock) {
  headers();
  video(10'000, key_frame(1));
  video(10'040, picture(2));
  auto viewer = player();
  take(viewer);
  put(MessageKind::kData, 0, kMetadata);
  video(10'080, picture(3));
  audio(0, kAac);
  video(10'120, picture(4));
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{40, 80, 80, 120}));
}

TEST_F(FlvPlayerTest, what_an_overtaken_viewer_has_missed_takes_no_time_however_short) {
  headers();
  video(1000, key_frame(1));
  audio(1040, sound(2));
  auto viewer = player();
  take(viewer);
  for (int i = 0; i < 20; ++i) video(1500, picture(3, 8000));
  video(2040, key_frame(4));
  audio(2060, sound(5));
  EXPECT_EQ(times(viewer), (std::vector<std::uint32_t>{40, 0, 40, 40, 60}));
}

TEST_F(FlvPlayerTest, the_sources_clock_may_wrap) {
  headers();
  video(0xFFFFFFF0U, key_frame(1));
  video(24, picture(2));
  auto viewer = player();
  EXPECT_EQ(times(viewer).back(), 40U);
}

TEST_F(FlvPlayerTest, a_viewer_gets_all_and_ends_when_the_publisher_stops_or_breaks_off) {
  for (const auto end : {ring::SourceState::kEnded, ring::SourceState::kBroken}) {
    writer_.begin_generation();
    headers();
    video(0, key_frame(1));
    auto viewer = player();
    take(viewer);
    video(40, picture(2));
    writer_.set_state(end);
    EXPECT_EQ(take(viewer).size(), 1U);
    EXPECT_TRUE(viewer.ended());
  }
}

TEST_F(FlvPlayerTest, another_publishers_session_ends_it_and_nothing_of_that_one_is_given) {
  headers();
  video(0, key_frame(1));
  auto viewer = player();
  take(viewer);
  video(40, picture(2));
  writer_.begin_generation();
  headers();
  video(0, key_frame(3));
  EXPECT_EQ(take(viewer), (std::vector<Tag>{{MessageKind::kVideo, 40, picture(2)}}));
  EXPECT_TRUE(viewer.ended());
}

TEST_F(FlvPlayerTest, a_viewer_of_a_source_that_has_stopped_ends_without_a_byte) {
  headers();
  writer_.set_state(ring::SourceState::kEnded);
  auto viewer = player();
  Bytes batch;
  viewer.pump(batch);
  EXPECT_TRUE(viewer.ended());
  EXPECT_TRUE(batch.empty());
}

TEST(HttpAnswer, says_how_long_it_is_and_looks_like_the_apis_problems) {
  const std::string answer = answer_of(WatchRefusal::kTooManyViewers);
  EXPECT_TRUE(
      answer.starts_with("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"));
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_NE(answer.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
  EXPECT_EQ(body,
            R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":)"
            R"("Too many viewers: at most 16 can watch at the same time. Close another preview first."})"
            "\n");
  const std::string absent = answer_of(WatchRefusal::kSourceAbsent);
  EXPECT_TRUE(absent.starts_with("HTTP/1.1 409 Conflict\r\n"));
  EXPECT_NE(absent.find(R"("reason":{"code":"source_absent","text":")"), std::string::npos);
}

}  // namespace
}  // namespace sluice::ingest
