// What the ingest says to an HTTP client whose connection it was given (docs/control.md, `watch`): the
// request was read and allowed by the manager, and one answer ends the connection. Sans-I/O; runs in the
// ingest.
#pragma once

#include <string>
#include <string_view>

namespace sluice::ingest {

// Of a body without a known length: FLV follows until the connection ends. The manager answers HEAD with the
// same (manager/api_sources.cpp).
std::string_view flv_answer_head();

enum class WatchRefusal : std::uint8_t {
  kSourceAbsent,    // 409; nobody publishes, or not any more
  kTooManyViewers,  // 503
  kNoMemory,        // 503
};
// A whole answer, with a problem as the API's are.
std::string answer_of(WatchRefusal refusal);

}  // namespace sluice::ingest
