// In which language the user wants to read. Runs in the command line.
#pragma once

#include <functional>
#include <string_view>

#include "base/reasons.hpp"

namespace sluice::cli {

// From LC_ALL, LC_MESSAGES and LANG, in this order: the first that is set and not empty decides, as for every
// program. `environment` gives the value of a variable, empty when it is not set.
Language language_of_locale(const std::function<std::string_view(const char* name)>& environment);

}  // namespace sluice::cli
