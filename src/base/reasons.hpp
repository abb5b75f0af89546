// Why a stream is not live, in words for people: the sentences of texts/reasons.json, in each language. Used
// by relays and the manager, who say them in English over the API, and by the command line, which says them
// in its user's language. The page reads the same file.
//
// A sentence may hold {names} of parameters. What stands in [brackets] is left out unless all parameters in
// it are known; a parameter stands nowhere else, so that every sentence is whole without any.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

enum class Language : std::uint8_t { kEnglish, kFrench };

struct ReasonEntry {
  std::string_view code;  // of docs/openapi.yaml
  std::string_view english;
  std::string_view french;
  bool refusal = false;  // will not be cured by trying often: shows as `refused`
};

// Name and value. Values are put in as they are.
using ReasonParams = std::vector<std::pair<std::string, std::string>>;

std::span<const ReasonEntry> reasons();
// nullptr: this build does not know the code.
const ReasonEntry* find_reason(std::string_view code);
// With its parameters still to be filled in; empty for an unknown code.
std::string_view reason_text(std::string_view code, Language language);
std::string fill_in(std::string_view sentence, const ReasonParams& params);

}  // namespace sluice
