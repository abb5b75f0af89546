// The sentences of texts/reasons.json as the programs have them.
#include "base/reasons.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace sluice {
namespace {

const nlohmann::json& file() {
  static const nlohmann::json parsed = nlohmann::json::parse(std::ifstream(REASONS_FILE));
  return parsed;
}

// What stands between `open` and `close`, each time.
std::multiset<std::string> between(std::string_view text, char open, char close) {
  std::multiset<std::string> found;
  for (auto at = text.find(open); at != std::string_view::npos; at = text.find(open, at + 1)) {
    found.emplace(text.substr(at + 1, text.find(close, at) - at - 1));
  }
  return found;
}

TEST(Reasons, table_says_what_the_file_says) {
  ASSERT_EQ(reasons().size(), file().size());
  for (const auto& [code, entry] : file().items()) {
    EXPECT_EQ(reason_text(code, Language::kEnglish), entry.at("en").get<std::string>());
    EXPECT_EQ(reason_text(code, Language::kFrench), entry.at("fr").get<std::string>());
    ASSERT_NE(find_reason(code), nullptr);
    EXPECT_EQ(find_reason(code)->refusal, entry.value("refusal", false)) << code;
  }
}

TEST(Reasons, every_reason_is_a_sentence_in_both_languages) {
  for (const ReasonEntry& reason : reasons()) {
    EXPECT_NE(reason.english, reason.french);
    for (const std::string_view text : {reason.english, reason.french}) {
      const std::string bare = fill_in(text, {});
      EXPECT_GT(bare.size(), 20U) << reason.code;
      EXPECT_TRUE(bare.ends_with('.')) << bare;
      EXPECT_EQ(bare.find_first_of("[]{}"), std::string::npos) << bare;
    }
  }
}

TEST(Reasons, both_languages_know_the_same_parameters) {
  for (const ReasonEntry& reason : reasons()) {
    EXPECT_EQ(between(reason.english, '{', '}'), between(reason.french, '{', '}')) << reason.code;
    EXPECT_EQ(between(reason.english, '[', ']').size(), between(reason.french, '[', ']').size());
  }
}

TEST(Reasons, french_keeps_its_signs_with_the_word_before_them) {
  for (const ReasonEntry& reason : reasons()) {
    for (const std::string_view sign : {" :", " ;", " ?", " !", " »", "« ", "'"}) {
      EXPECT_EQ(reason.french.find(sign), std::string_view::npos)
          << reason.code << " holds \"" << sign << '"';
    }
  }
}

TEST(Reasons, part_in_brackets_needs_all_its_parameters) {
  const std::string_view sentence = "It ended[ (signal {signal})][ ({a} and {b})].";
  EXPECT_EQ(fill_in(sentence, {}), "It ended.");
  EXPECT_EQ(fill_in(sentence, {{"signal", "9"}, {"a", "1"}}), "It ended (signal 9).");
  EXPECT_EQ(fill_in(sentence, {{"b", "2"}, {"a", "1"}}), "It ended (1 and 2).");
}

TEST(Reasons, values_are_no_sentences_themselves) {
  EXPECT_EQ(fill_in("It says[ {words}].", {{"words", "[{words}]"}}), "It says [{words}].");
}

TEST(Reasons, unfinished_sentence_is_cut_and_nothing_worse) {
  EXPECT_EQ(fill_in("a[b {x", {{"x", "1"}}), "a");
  EXPECT_EQ(fill_in("a[", {}), "a");
}

TEST(Reasons, unknown_code_has_no_text) {
  EXPECT_EQ(find_reason("no_such_code"), nullptr);
  EXPECT_EQ(reason_text("no_such_code", Language::kFrench), "");
}

}  // namespace
}  // namespace sluice
