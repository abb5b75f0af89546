// Every failure has a code of its own, and each code its sentences.
#include "relay/failure.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/reasons.hpp"

namespace sluice::relay {
namespace {

constexpr auto kLast = FailureKind::kGarbage;

std::vector<FailureKind> all_kinds() {
  std::vector<FailureKind> kinds;
  for (int kind = 0; kind <= static_cast<int>(kLast); ++kind) kinds.push_back(static_cast<FailureKind>(kind));
  return kinds;
}

TEST(Failure, every_kind_has_a_code_of_its_own_with_both_languages) {
  std::set<std::string_view> codes;
  for (const FailureKind kind : all_kinds()) {
    codes.insert(code_of(kind));
    EXPECT_FALSE(reason_text(code_of(kind), Language::kEnglish).empty()) << code_of(kind);
    EXPECT_FALSE(reason_text(code_of(kind), Language::kFrench).empty()) << code_of(kind);
  }
  EXPECT_EQ(codes.size(), all_kinds().size());
}

TEST(Failure, every_code_of_the_table_is_given_by_somebody) {
  std::set<std::string_view> given{
      "relay_died",       "relay_not_started", "clip_no_source", "clip_no_key_frame", "clip_too_large",
      "clip_interrupted", "clip_stale",        "clip_damaged",   "clip_not_saved"};  // by the others
  for (const FailureKind kind : all_kinds()) given.insert(code_of(kind));
  const auto source = {source_absent(),      source_ended(true), source_ended(false), source_broken(true),
                       source_broken(false), source_silent(),    hold_over(),         show_ended()};
  for (const control::Reason& reason : source) given.insert(find_reason(reason.code)->code);
  std::set<std::string_view> known;
  for (const ReasonEntry& entry : reasons()) known.insert(entry.code);
  EXPECT_EQ(given, known);
}

TEST(Failure, only_what_trying_does_not_cure_is_a_refusal) {
  std::set<std::string_view> refusals;
  for (const FailureKind kind : all_kinds()) {
    if (is_refusal(kind)) refusals.insert(code_of(kind));
  }
  EXPECT_EQ(refusals, (std::set<std::string_view>{"codec_not_accepted", "connect_rejected", "key_refused",
                                                  "redirected"}));
}

TEST(Failure, reason_holds_the_platforms_words_and_shows_them) {
  const control::Reason silent = reason_of({FailureKind::kKeyRefused, {}});
  const control::Reason reason = reason_of({FailureKind::kKeyRefused, "Not open"});
  EXPECT_EQ(reason.code, "key_refused");
  EXPECT_EQ(reason.text, silent.text + " The platform says “Not open”.");
  EXPECT_EQ(reason.params, (ReasonParams{{"words", "Not open"}}));
}

TEST(Failure, systems_words_are_kept_without_being_put_in_the_platforms_mouth) {
  const control::Reason reason = reason_of(from_net({net::NetError::kReset, "Connection reset by peer"}));
  EXPECT_EQ(reason.code, "platform_closed");
  EXPECT_EQ(reason.text.find("reset"), std::string::npos);
  EXPECT_EQ(reason.params, (ReasonParams{{"words", "Connection reset by peer"}}));
}

TEST(Failure, reason_names_the_codec) {
  const control::Reason reason = reason_of({FailureKind::kCodec, {}, "hevc"});
  EXPECT_EQ(reason.code, "codec_not_accepted");
  EXPECT_NE(reason.text.find("(hevc)"), std::string::npos);
  EXPECT_EQ(reason.params, (ReasonParams{{"codec", "hevc"}}));
}

TEST(Failure, wrong_clock_is_told_from_an_expired_certificate) {
  EXPECT_EQ(from_net({net::NetError::kTlsClock, {}}).kind, FailureKind::kTlsClock);
  EXPECT_EQ(from_net({net::NetError::kTlsExpired, {}}).kind, FailureKind::kTlsExpired);
}

}  // namespace
}  // namespace sluice::relay
