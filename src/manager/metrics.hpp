// GET /metrics: the text format of Prometheus. Sans-I/O; runs in the manager.
#pragma once

#include <string>

#include "manager/store.hpp"
#include "manager/supervisor.hpp"

namespace sluice::manager {

// No secrets: streams and sources are labelled with id, name and platform.
std::string metrics(const Store& store, const Supervisor& supervisor);

// A label's value between its quotes.
std::string escape_label(std::string_view value);

}  // namespace sluice::manager
