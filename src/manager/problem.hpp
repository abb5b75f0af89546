// What goes wrong with a request, as it is told to the client (application/problem+json). Runs in the
// manager.
#pragma once

#include <optional>
#include <string>

#include "control/messages.hpp"

namespace sluice::manager {

struct Problem {
  int status = 500;
  std::string detail;                     // a sentence for people; never holds a key
  std::string field;                      // 422: the field that is wrong
  std::optional<control::Reason> reason;  // 503: why a relay does not run; 409: why no clip is made
};

}  // namespace sluice::manager
