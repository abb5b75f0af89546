// The JSON of the API: sources, streams, problems. Sans-I/O; runs in the manager.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/messages.hpp"
#include "manager/model.hpp"
#include "manager/problem.hpp"
#include "manager/status.hpp"

namespace sluice::manager {

using Json = nlohmann::ordered_json;

Json to_json(const control::Reason& reason);
// A stream's key is never in it.
Json to_json(const Stream& stream, const StreamStatus& status, bool shares_target);
// A source's key is: people must type it into OBS.
Json to_json(const Source& source, const control::SourceFacts& facts, const std::optional<ClipStatus>& clip);
Json to_json(const control::RefusedPublish& refused);
Json to_json(const control::ProbeStep& step);
Json to_json(const Problem& problem);

// Bytes from the network that are no UTF-8 are replaced, never an exception.
std::string dump(const Json& json);

}  // namespace sluice::manager
