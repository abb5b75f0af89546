// The shapes of answers that every resource shares. Runs in the manager.
#pragma once

#include <string>
#include <string_view>

#include "http/types.hpp"
#include "manager/json_views.hpp"
#include "manager/problem.hpp"
#include "manager/store.hpp"

namespace sluice::manager {

http::Response json_response(int status, const Json& json);
http::Response problem_response(const Problem& problem);
http::Response not_found(std::string_view what);  // "stream 7"
http::Response wrong_method(std::string_view allowed);
http::Response not_saved(const StoreFailure& failure);

}  // namespace sluice::manager
