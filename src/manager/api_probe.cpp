// Tests of servers in the API. Runs in the manager.
#include "manager/api.hpp"
#include "manager/responses.hpp"

namespace sluice::manager {

// It goes on if the client goes away: its deadline is near.
Api::Answer Api::probe(const http::Request& request) {
  if (request.method != "POST") co_return wrong_method("POST");
  auto wanted = parse_probe_request(request.body, store_.streams());
  if (!wanted) co_return problem_response(wanted.error());
  const auto steps = co_await probes_.run(std::move(*wanted));
  if (!steps) co_return problem_response(steps.error());
  Json all = Json::array();
  for (const auto& step : *steps) all.push_back(to_json(step));
  co_return json_response(200, {{"ok", steps->back().ok}, {"steps", std::move(all)}});
}

}  // namespace sluice::manager
