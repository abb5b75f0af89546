// See the header. Used in relays and in the manager.
#include "control/reason.hpp"

#include "base/check.hpp"

namespace sluice::control {

Reason make_reason(std::string_view code, ReasonParams params) {
  const std::string_view sentence = reason_text(code, Language::kEnglish);
  SLUICE_CHECK(!sentence.empty());
  return {std::string(code), fill_in(sentence, params), std::move(params)};
}

}  // namespace sluice::control
