// What a platform's answer to connect says about codecs, and what we make of it.
#include "rtmp/accepted_codecs.hpp"

#include <gtest/gtest.h>

namespace sluice::rtmp::test {
namespace {

using media::Codec;
using Names = std::vector<std::string_view>;

// An answer to connect under construction.
struct Answer {
  Answer() {
    amf0::put_null(payload);
    amf0::begin_object(payload);
  }
  Answer& list(const Names& names) {
    amf0::put_key(payload, "fourCcList");
    amf0::begin_strict_array(payload, static_cast<std::uint32_t>(names.size()));
    for (const auto name : names) amf0::put_string(payload, name);
    return *this;
  }
  Answer& map(std::string_view field, const Names& names) {
    amf0::put_key(payload, field);
    amf0::begin_object(payload);
    for (const auto name : names) {
      amf0::put_key(payload, name);
      amf0::put_number(payload, 4);
    }
    amf0::end_object(payload);
    return *this;
  }
  AcceptedCodecs read() {
    amf0::end_object(payload);
    AcceptedCodecs accepted;
    accepted.read(*parse_command(kCommand, payload));
    return accepted;
  }
  Bytes payload = begin_command("_result", 1);
};

TEST(AcceptedCodecs, silence_takes_everything) {
  const AcceptedCodecs accepted = Answer().read();
  for (const Codec codec : {Codec::kAvc, Codec::kHevc, Codec::kAv1, Codec::kOpus, Codec::kOther}) {
    EXPECT_TRUE(accepted.include(codec));
  }
}

TEST(AcceptedCodecs, list_takes_what_it_names_and_leaves_out_the_rest) {
  const AcceptedCodecs accepted = Answer().list({"hvc1", "vp09"}).read();
  EXPECT_TRUE(accepted.include(Codec::kHevc));
  EXPECT_TRUE(accepted.include(Codec::kVp9));
  EXPECT_FALSE(accepted.include(Codec::kAv1));
}

TEST(AcceptedCodecs, map_counts_like_a_list) {
  const AcceptedCodecs accepted = Answer().map("videoFourCcInfoMap", {"av01"}).read();
  EXPECT_TRUE(accepted.include(Codec::kAv1));
  EXPECT_FALSE(accepted.include(Codec::kHevc));
}

TEST(AcceptedCodecs, list_and_map_together_take_what_either_names) {
  const AcceptedCodecs accepted = Answer().list({"hvc1"}).map("videoFourCcInfoMap", {"av01"}).read();
  EXPECT_TRUE(accepted.include(Codec::kHevc));
  EXPECT_TRUE(accepted.include(Codec::kAv1));
  EXPECT_FALSE(accepted.include(Codec::kVp9));
}

TEST(AcceptedCodecs, wildcard_takes_everything_of_its_kind) {
  EXPECT_TRUE(Answer().list({"avc1", "*"}).read().include(Codec::kHevc));
  const AcceptedCodecs accepted =
      Answer().map("videoFourCcInfoMap", {"avc1", "*"}).map("audioFourCcInfoMap", {"mp4a"}).read();
  EXPECT_TRUE(accepted.include(Codec::kVvc));
  EXPECT_FALSE(accepted.include(Codec::kOpus));
}

TEST(AcceptedCodecs, list_of_pictures_says_nothing_about_sound) {
  const AcceptedCodecs accepted = Answer().list({"avc1"}).read();
  EXPECT_FALSE(accepted.include(Codec::kHevc));
  EXPECT_TRUE(accepted.include(Codec::kOpus));
}

TEST(AcceptedCodecs, what_every_platform_takes_is_never_left_out) {
  const AcceptedCodecs accepted = Answer().list({"hvc1", "Opus"}).map("audioFourCcInfoMap", {"Opus"}).read();
  for (const Codec codec : {Codec::kAvc, Codec::kAac, Codec::kMp3, Codec::kOther, Codec::kNone}) {
    EXPECT_TRUE(accepted.include(codec));
  }
}

TEST(AcceptedCodecs, empty_and_unknown_lists_say_nothing) {
  EXPECT_TRUE(Answer().list({}).read().include(Codec::kHevc));
  EXPECT_TRUE(Answer().list({"xxxx", ""}).map("videoFourCcInfoMap", {}).read().include(Codec::kHevc));
}

TEST(AcceptedCodecs, lists_of_another_type_are_ignored) {
  Answer answer;
  amf0::put_key(answer.payload, "fourCcList");
  amf0::put_string(answer.payload, "avc1");
  amf0::put_key(answer.payload, "videoFourCcInfoMap");
  amf0::put_number(answer.payload, 4);
  EXPECT_TRUE(answer.read().include(Codec::kHevc));
}

}  // namespace
}  // namespace sluice::rtmp::test
