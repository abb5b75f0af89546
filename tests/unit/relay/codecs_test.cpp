// A relay whose platform says which codecs it takes, and a source that sends another one.
#include "relay/codecs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/reasons.hpp"
#include "fake_source.hpp"
#include "relay/machine.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/handshake.hpp"

namespace sluice::relay {
namespace {

using namespace std::chrono_literals;
using control::StreamState;
using media::Codec;
using Names = std::vector<std::string_view>;

Bytes enhanced(std::uint8_t first, std::string_view four_cc) {
  Bytes payload{first};
  append(payload, as_bytes(four_cc));
  append(payload, Bytes{0, 0, 0, 1});
  return payload;
}
Bytes hevc_header() {
  return enhanced(0x90, "hvc1");
}
Bytes hevc_key_frame() {
  return enhanced(0x91, "hvc1");
}
Bytes opus_header() {
  return enhanced(0x90, "Opus");
}
Bytes av1_second_track_header() {
  Bytes payload{0x96, 0x00};
  append(payload, as_bytes("av01"));
  append(payload, Bytes{1, 0x81});
  return payload;
}

// What a platform answers, one step after the other.
class Answers {
 public:
  Bytes handshake() {
    Bytes block(1 + 2 * rtmp::kHandshakeBlockBytes);
    block[0] = 3;
    return block;
  }
  Bytes connected(const Names& video) {
    Bytes payload = rtmp::begin_command("_result", 1);
    rtmp::amf0::begin_object(payload);
    rtmp::amf0::end_object(payload);
    rtmp::amf0::begin_object(payload);
    if (!video.empty()) {
      rtmp::amf0::put_key(payload, "videoFourCcInfoMap");
      rtmp::amf0::begin_object(payload);
      for (const auto name : video) {
        rtmp::amf0::put_key(payload, name);
        rtmp::amf0::put_number(payload, 1);
      }
      rtmp::amf0::end_object(payload);
    }
    rtmp::amf0::end_object(payload);
    return command(payload);
  }
  Bytes created() {
    Bytes payload = rtmp::begin_command("_result", 4);
    rtmp::amf0::put_null(payload);
    rtmp::amf0::put_number(payload, 1);
    return command(payload);
  }
  Bytes status(std::string_view level, std::string_view code, std::string_view words = "") {
    return command(rtmp::status_command(level, code, words));
  }
  Bytes started() { return status("status", "NetStream.Publish.Start"); }

 private:
  Bytes command(ByteView payload) {
    rtmp::OutputBuffer out;
    writer_.write_absolute(out, {3, rtmp::kCommand, 0, 0, payload});
    return {out.view().begin(), out.view().end()};
  }
  rtmp::ChunkWriter writer_;
};

class CodecsTest : public testing::Test {
 protected:
  CodecsTest() : machine_({"app", "rtmp://host/app", Secret{"the-key"}}, 42, now_) {
    machine_.use_source(&source_, now_);
  }

  void publish(const std::vector<Bytes>& video) {
    source_.begin(now_);
    for (const Bytes& payload : video) source_.video(0, payload);
    machine_.source_woken(now_);
  }
  void hear(const Bytes& bytes) {
    machine_.received(bytes, now_);
    machine_.sent(machine_.output().size(), now_);
  }
  void connect(const Names& accepted) {
    machine_.connected(now_);
    hear(answers_.handshake());
    hear(answers_.connected(accepted));
  }
  void go_live(const Names& accepted) {
    connect(accepted);
    hear(answers_.created());
    hear(answers_.started());
    machine_.sent(machine_.output().size(), now_);
  }
  Wish last_wish() {
    Wish last = Wish::kNone;
    for (Wish wish = machine_.take_wish(); wish != Wish::kNone; wish = machine_.take_wish()) last = wish;
    return last;
  }
  StreamState state() const { return machine_.status().state; }
  void expect_refused(std::string_view codec) {
    EXPECT_EQ(state(), StreamState::kRefused);
    ASSERT_TRUE(machine_.status().reason);
    EXPECT_EQ(machine_.status().reason->code, "codec_not_accepted");
    const ReasonParams& params = machine_.status().reason->params;
    const auto named = std::ranges::find(params, "codec", &ReasonParams::value_type::first);
    EXPECT_EQ(named == params.end() ? "" : named->second, codec);
    EXPECT_EQ(machine_.status().next_try, now_ + 30s);
    EXPECT_TRUE(machine_.output().empty());
    EXPECT_EQ(last_wish(), Wish::kAbandon);
  }

  Instant now_ = Instant{} + 1h;
  FakeSource source_;
  Machine machine_;
  Answers answers_;
};

TEST_F(CodecsTest, a_codec_that_the_platform_does_not_list_is_refused_before_publish) {
  publish({hevc_header(), hevc_key_frame()});
  connect({"avc1", "av01"});
  expect_refused("hevc");
}

TEST_F(CodecsTest, a_codec_that_shows_only_after_publish_is_not_sent_either) {
  publish({});
  connect({"avc1"});
  hear(answers_.created());
  hear(answers_.started());
  source_.video(0, hevc_header());
  source_.video(0, hevc_key_frame());
  machine_.source_woken(now_);
  expect_refused("hevc");
}

TEST_F(CodecsTest, an_answer_that_comes_all_at_once_lets_nothing_through) {
  publish({hevc_header(), hevc_key_frame()});
  machine_.connected(now_);
  Bytes all = answers_.handshake();
  append(all, answers_.connected({"av01"}));
  append(all, answers_.created());
  append(all, answers_.started());
  hear(all);
  expect_refused("hevc");
}

TEST_F(CodecsTest, listed_wildcard_and_unlisted_platforms_get_it) {
  for (const Names& accepted : {Names{"hvc1"}, Names{"avc1", "*"}, Names{}}) {
    Machine fresh({"app", "rtmp://host/app", Secret{"the-key"}}, 42, now_);
    machine_ = std::move(fresh);
    machine_.use_source(&source_, now_);
    publish({hevc_header(), hevc_key_frame()});
    go_live(accepted);
    EXPECT_EQ(state(), StreamState::kLive);
  }
}

TEST_F(CodecsTest, h264_in_the_old_form_is_never_refused) {
  publish({avc_header(), key_frame(1)});
  go_live({"hvc1"});
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(CodecsTest, sound_and_further_tracks_that_the_list_does_not_speak_of_are_sent) {
  source_.begin(now_);
  source_.audio(0, opus_header());
  source_.video(0, avc_header());
  source_.video(0, av1_second_track_header());
  source_.video(0, key_frame(1));
  machine_.source_woken(now_);
  go_live({"hvc1"});
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(CodecsTest, whoever_publishes_again_is_tried_at_once) {
  publish({hevc_header(), hevc_key_frame()});
  connect({"avc1"});
  expect_refused("hevc");
  machine_.source_woken(now_);
  EXPECT_EQ(state(), StreamState::kRefused);  // the same publisher: nothing has changed
  publish({avc_header(), key_frame(1)});
  EXPECT_EQ(state(), StreamState::kConnecting);
  EXPECT_EQ(last_wish(), Wish::kConnect);
  go_live({"avc1"});
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(CodecsTest, a_platform_that_blames_the_codec_is_understood_and_quoted) {
  publish({hevc_header(), hevc_key_frame()});
  connect({});
  hear(answers_.created());
  hear(answers_.status("error", "NetStream.Publish.Rejected", "Video Codec not supported"));
  EXPECT_EQ(machine_.status().reason->params.back().second,
            "NetStream.Publish.Rejected: Video Codec not supported");
  expect_refused("hevc");
}

TEST_F(CodecsTest, a_platform_that_blames_the_codec_while_live_is_understood) {
  publish({avc_header(), key_frame(1)});
  go_live({});
  ASSERT_EQ(state(), StreamState::kLive);
  hear(answers_.status("error", "NetStream.Publish.Failed", "bad codec"));
  expect_refused("");  // not Enhanced RTMP: which one it means is not known
}

TEST(Codecs, connect_announces_each_enhanced_codec_once) {
  FakeSource source;
  source.begin(Instant{});
  source.video(0, avc_header());
  source.audio(0, aac_header());
  EXPECT_TRUE(enhanced_codecs(&source).empty());
  source.video(0, hevc_header());
  source.video(0, hevc_header());
  source.audio(0, opus_header());
  source.video(0, av1_second_track_header());
  EXPECT_EQ(enhanced_codecs(&source), (std::vector{Codec::kHevc, Codec::kOpus, Codec::kAv1}));
  EXPECT_TRUE(enhanced_codecs(nullptr).empty());
}

}  // namespace
}  // namespace sluice::relay
