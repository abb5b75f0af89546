// What message headers say, in FLV's and in Enhanced RTMP's form.
#include "media/inspect.hpp"

#include <gtest/gtest.h>

#include "media/limits.hpp"

namespace sluice::media {
namespace {

Traits video(const Bytes& payload) {
  return inspect({MessageKind::kVideo, 0, payload});
}
Traits audio(const Bytes& payload) {
  return inspect({MessageKind::kAudio, 0, payload});
}
Traits data(std::string_view payload) {
  return inspect({MessageKind::kData, 0, as_bytes(payload)});
}

Bytes with_four_cc(Bytes head, std::string_view four_cc, const Bytes& tail = {}) {
  append(head, as_bytes(four_cc));
  append(head, tail);
  return head;
}

TEST(Inspect, legacy_avc_messages_are_told_apart) {
  const Traits header = video({0x17, 0, 0, 0, 0, 1});
  EXPECT_EQ(header.codec, Codec::kAvc);
  EXPECT_TRUE(header.is_sequence_header);
  EXPECT_FALSE(header.is_key_frame);
  const Traits key = video({0x17, 1, 0, 0, 0x43, 0});
  EXPECT_TRUE(key.is_key_frame);
  EXPECT_EQ(key.composition_ms, 0x43);
  EXPECT_FALSE(video({0x27, 1, 0, 0, 0, 0}).is_key_frame);
  EXPECT_EQ(video({0x27, 1, 0xFF, 0xFF, 0xDF, 0}).composition_ms, -33);
  const Traits end = video({0x17, 2, 0, 0, 0});
  EXPECT_TRUE(end.is_end_of_sequence);
  EXPECT_FALSE(end.is_key_frame);
  EXPECT_FALSE(video({0x57, 0}).is_sequence_header);  // a seek mark
}

TEST(Inspect, legacy_hevc_and_old_codecs_are_recognised) {
  EXPECT_EQ(video({0x1C, 0, 0, 0, 0}).codec, Codec::kHevc);
  const Traits sorenson = video({0x12, 1});
  EXPECT_EQ(sorenson.codec, Codec::kOther);
  EXPECT_TRUE(sorenson.is_key_frame);
}

TEST(Inspect, legacy_audio_is_recognised) {
  EXPECT_TRUE(audio({0xAF, 0, 0x11, 0x90}).is_sequence_header);
  EXPECT_FALSE(audio({0xAF, 1, 0x21}).is_sequence_header);
  EXPECT_EQ(audio({0xAF, 1}).codec, Codec::kAac);
  EXPECT_EQ(audio({0x2F}).codec, Codec::kMp3);
  EXPECT_EQ(audio({0x3F}).codec, Codec::kOther);
  EXPECT_FALSE(audio({0xAF}).is_sequence_header);
}

TEST(Inspect, enhanced_form_is_told_from_the_old_one) {
  EXPECT_TRUE(video(with_four_cc({0x90}, "hvc1")).is_enhanced);
  EXPECT_TRUE(audio(with_four_cc({0x90}, "Opus")).is_enhanced);
  EXPECT_FALSE(video({0x1C, 0, 0, 0, 0}).is_enhanced);
  EXPECT_FALSE(audio({0xAF, 0, 0x11, 0x90}).is_enhanced);
  EXPECT_FALSE(video({0x90, 'h'}).is_enhanced);  // cut short: names nothing
}

TEST(Inspect, four_cc_of_a_codec_is_the_one_that_messages_carry) {
  for (const auto codec : {Codec::kAvc, Codec::kHevc, Codec::kVvc, Codec::kAv1, Codec::kVp8, Codec::kVp9}) {
    EXPECT_EQ(video(with_four_cc({0x90}, four_cc(codec))).codec, codec);
  }
  for (const auto codec : {Codec::kAac, Codec::kMp3, Codec::kOpus, Codec::kFlac, Codec::kAc3, Codec::kEac3}) {
    EXPECT_EQ(audio(with_four_cc({0x90}, four_cc(codec))).codec, codec);
  }
  EXPECT_EQ(four_cc(Codec::kNone), "");
  EXPECT_EQ(four_cc(Codec::kOther), "");
}

TEST(Inspect, empty_messages_are_empty) {
  EXPECT_TRUE(video({}).is_empty);
  EXPECT_TRUE(audio({}).is_empty);
  EXPECT_EQ(video({}).codec, Codec::kNone);
}

TEST(Inspect, metadata_is_recognised_with_and_without_its_wrapper) {
  using namespace std::literals;
  EXPECT_TRUE(data("\x02\x00\x0aonMetaData\x03"sv).is_metadata);
  EXPECT_TRUE(data("\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData"sv).is_metadata);
  EXPECT_FALSE(data("\x02\x00\x0aonTextData"sv).is_metadata);
  EXPECT_FALSE(data("\x02\x00\x0d@setDataFrame"sv).is_metadata);
  EXPECT_FALSE(data("onMetaData"sv).is_metadata);
}

TEST(Inspect, enhanced_video_of_every_codec_is_recognised) {
  const std::pair<std::string_view, Codec> codecs[] = {
      {"avc1", Codec::kAvc}, {"hvc1", Codec::kHevc}, {"vvc1", Codec::kVvc},  {"av01", Codec::kAv1},
      {"vp08", Codec::kVp8}, {"vp09", Codec::kVp9},  {"what", Codec::kOther}};
  for (const auto& [four_cc, codec] : codecs) {
    EXPECT_EQ(video(with_four_cc({0x90}, four_cc)).codec, codec);
    EXPECT_TRUE(video(with_four_cc({0x90}, four_cc)).is_sequence_header);
    EXPECT_TRUE(video(with_four_cc({0x91}, four_cc, {0, 0, 0})).is_key_frame);
    EXPECT_TRUE(video(with_four_cc({0x93}, four_cc)).is_key_frame);
    EXPECT_FALSE(video(with_four_cc({0xA3}, four_cc)).is_key_frame);
    EXPECT_TRUE(video(with_four_cc({0x92}, four_cc)).is_end_of_sequence);
    EXPECT_FALSE(video(with_four_cc({0x94}, four_cc)).is_key_frame);  // metadata
  }
  EXPECT_EQ(video(with_four_cc({0xA1}, "hvc1", {0xFF, 0xFF, 0xFE})).composition_ms, -2);
  EXPECT_EQ(video(with_four_cc({0xA1}, "av01", {0xFF, 0xFF, 0xFE})).composition_ms, 0);
  EXPECT_TRUE(video(with_four_cc({0x95}, "av01")).is_sequence_header);
}

TEST(Inspect, enhanced_audio_is_recognised) {
  EXPECT_EQ(audio(with_four_cc({0x91}, "Opus")).codec, Codec::kOpus);
  EXPECT_TRUE(audio(with_four_cc({0x90}, "fLaC")).is_sequence_header);
  EXPECT_TRUE(audio(with_four_cc({0x92}, "mp4a")).is_end_of_sequence);
  EXPECT_FALSE(audio(with_four_cc({0x91}, "ac-3")).is_key_frame);
}

TEST(Inspect, mod_ex_is_stepped_over_to_the_limit_and_not_beyond) {
  const auto with_loops = [](int loops) {
    Bytes bytes{0x97};
    for (int i = 0; i < loops; ++i) {
      append(bytes, Bytes{2, 1, 2, 3, static_cast<std::uint8_t>(i + 1 == loops ? 0x01 : 0x07)});
    }
    return with_four_cc(bytes, "hvc1", {0, 0, 5});
  };
  EXPECT_TRUE(video(with_loops(1)).is_key_frame);
  EXPECT_EQ(video(with_loops(1)).composition_ms, 5);
  EXPECT_TRUE(video(with_loops(kMaxModExLoops)).is_key_frame);
  EXPECT_EQ(video(with_loops(kMaxModExLoops + 1)).codec, Codec::kOther);
  // The long form: 256 + means a 16-bit size follows.
  Bytes large{0x97, 0xFF, 0x01, 0x2B};
  large.resize(large.size() + 300);
  large.push_back(0x03);
  EXPECT_TRUE(video(with_four_cc(large, "av01")).is_key_frame);
}

TEST(Inspect, multitrack_shows_its_first_track) {
  const Traits one = video(with_four_cc({0x96, 0x01}, "avc1", {3, 0, 0, 7, 0xAA}));
  EXPECT_TRUE(one.is_multitrack);
  EXPECT_TRUE(one.is_key_frame);
  EXPECT_EQ(one.track, 3);
  EXPECT_EQ(one.composition_ms, 7);
  const Bytes many = with_four_cc({0x96, 0x10}, "hvc1", {1, 0, 0, 2, 0xAA, 0xBB, 2, 0, 0, 1, 0xCC});
  EXPECT_TRUE(video(many).is_sequence_header);
  EXPECT_EQ(video(many).track, 1);
  const ByteView body = media_body({MessageKind::kVideo, 0, many});
  EXPECT_EQ(Bytes(body.begin(), body.end()), (Bytes{0xAA, 0xBB}));
  const Traits mixed = audio(with_four_cc({0x95, 0x20}, "Opus", {0, 0, 0, 0}));
  EXPECT_TRUE(mixed.is_sequence_header);
  EXPECT_EQ(mixed.codec, Codec::kOpus);
}

TEST(Inspect, headers_cut_anywhere_are_no_key_frames_and_read_nothing_outside) {
  const Bytes whole = with_four_cc({0x97, 0, 9, 0x06, 0x11}, "hvc1", {0, 0, 0, 4, 0, 0, 1, 0xAA});
  ASSERT_TRUE(video(whole).is_key_frame);
  for (std::size_t size = 0; size < 13; ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(video(cut).is_key_frame) << size;
  }
}

TEST(Inspect, sequence_header_body_is_the_decoder_configuration) {
  const auto body = [](MessageKind kind, const Bytes& payload) {
    const ByteView view = media_body({kind, 0, payload});
    return Bytes(view.begin(), view.end());
  };
  EXPECT_EQ(body(MessageKind::kVideo, {0x17, 0, 0, 0, 0, 1, 2}), (Bytes{1, 2}));
  EXPECT_EQ(body(MessageKind::kVideo, with_four_cc({0x90}, "hvc1", {1, 2})), (Bytes{1, 2}));
  EXPECT_EQ(body(MessageKind::kAudio, {0xAF, 0, 0x11}), Bytes{0x11});
  EXPECT_EQ(body(MessageKind::kAudio, with_four_cc({0x90}, "mp4a", {1})), Bytes{1});
}

}  // namespace
}  // namespace sluice::media
