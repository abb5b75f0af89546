// Reasons as relays and the manager give them. Both have the sentences of texts/reasons.json built in.
#pragma once

#include <string_view>

#include "base/reasons.hpp"
#include "control/messages.hpp"

namespace sluice::control {

// With the English sentence, filled in. REQUIRES: `code` is in texts/reasons.json.
Reason make_reason(std::string_view code, ReasonParams params = {});

}  // namespace sluice::control
