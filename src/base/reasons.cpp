// See the header. Used in every process.
#include "base/reasons.hpp"

#include <algorithm>
#include <optional>

#include "base/reason_table.hpp"

namespace sluice {
namespace {

const std::string* value_of(std::string_view name, const ReasonParams& params) {
  const auto found =
      std::ranges::find(params, name, [](const auto& param) { return std::string_view(param.first); });
  return found == params.end() ? nullptr : &found->second;
}

// nullopt: it holds a parameter that is not known.
std::optional<std::string> with_params(std::string_view part, const ReasonParams& params) {
  std::string out;
  for (std::size_t at = 0; at < part.size();) {
    const std::size_t open = std::min(part.find('{', at), part.size());
    out += part.substr(at, open - at);
    if (open == part.size()) break;
    const std::size_t close = part.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string* value = value_of(part.substr(open + 1, close - open - 1), params);
    if (value == nullptr) return std::nullopt;
    out += *value;
    at = close + 1;
  }
  return out;
}

}  // namespace

std::span<const ReasonEntry> reasons() {
  return kReasons;
}

const ReasonEntry* find_reason(std::string_view code) {
  const auto* found = std::ranges::find(kReasons, code, &ReasonEntry::code);
  return found == kReasons.end() ? nullptr : found;
}

std::string_view reason_text(std::string_view code, Language language) {
  const ReasonEntry* reason = find_reason(code);
  if (reason == nullptr) return {};
  return language == Language::kFrench ? reason->french : reason->english;
}

std::string fill_in(std::string_view sentence, const ReasonParams& params) {
  std::string out;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t open = std::min(sentence.find('[', at), sentence.size());
    out += with_params(sentence.substr(at, open - at), params).value_or("");
    if (open == sentence.size()) break;
    const std::size_t close = std::min(sentence.find(']', open), sentence.size() - 1);
    out += with_params(sentence.substr(open + 1, close - open - 1), params).value_or("");
    at = close + 1;
  }
  return out;
}

}  // namespace sluice
