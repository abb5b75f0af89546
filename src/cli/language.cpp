// See the header.
#include "cli/language.hpp"

namespace sluice::cli {
namespace {

// fr, fr_CA.UTF-8, fr@euro; but frr_DE is North Frisian.
bool is_french(std::string_view locale) {
  return locale == "fr" ||
         (locale.starts_with("fr") && std::string_view("_.@-").find(locale[2]) != std::string_view::npos);
}

}  // namespace

Language language_of_locale(const std::function<std::string_view(const char* name)>& environment) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const std::string_view locale = environment(name);
    if (!locale.empty()) return is_french(locale) ? Language::kFrench : Language::kEnglish;
  }
  return Language::kEnglish;
}

}  // namespace sluice::cli
