// Which language the environment asks for.
#include "cli/language.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sluice::cli {
namespace {

Language language(const std::map<std::string, std::string>& variables) {
  return language_of_locale([&](const char* name) -> std::string_view {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view{} : found->second;
  });
}

TEST(language, french_locales_are_french_and_all_others_english) {
  for (const char* locale : {"fr", "fr_FR.UTF-8", "fr_CA", "fr.UTF-8", "fr@euro", "fr-FR"}) {
    EXPECT_EQ(language({{"LANG", locale}}), Language::kFrench) << locale;
  }
  for (const char* locale : {"", "C", "C.UTF-8", "en_GB.UTF-8", "de_DE.UTF-8", "frr_DE", "fur_IT", "f"}) {
    EXPECT_EQ(language({{"LANG", locale}}), Language::kEnglish) << locale;
  }
  EXPECT_EQ(language({}), Language::kEnglish);
}

TEST(language, the_first_variable_that_is_not_empty_decides) {
  EXPECT_EQ(language({{"LC_ALL", "fr_FR"}, {"LC_MESSAGES", "en_GB"}, {"LANG", "en_GB"}}), Language::kFrench);
  EXPECT_EQ(language({{"LC_ALL", "C"}, {"LANG", "fr_FR"}}), Language::kEnglish);
  EXPECT_EQ(language({{"LC_ALL", ""}, {"LC_MESSAGES", "fr_FR"}, {"LANG", "en_GB"}}), Language::kFrench);
  EXPECT_EQ(language({{"LC_ALL", ""}, {"LC_MESSAGES", ""}, {"LANG", "fr_FR"}}), Language::kFrench);
}

}  // namespace
}  // namespace sluice::cli
