// Answers that every resource shares. Runs in the manager.
#include "manager/responses.hpp"

#include "base/log.hpp"

namespace sluice::manager {
namespace {

http::Response api_response(int status, std::string type, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return response;
}

}  // namespace

http::Response json_response(int status, const Json& json) {
  return api_response(status, "application/json", dump(json) + "\n");
}

http::Response problem_response(const Problem& problem) {
  return api_response(problem.status, "application/problem+json", dump(to_json(problem)) + "\n");
}

http::Response not_found(std::string_view what) {
  return problem_response({404, "There is no " + std::string(what) + ".", "", std::nullopt});
}

http::Response wrong_method(std::string_view allowed) {
  auto response =
      problem_response({405, "This address takes " + std::string(allowed) + ".", "", std::nullopt});
  response.headers.emplace_back("Allow", std::string(allowed));
  return response;
}

http::Response not_saved(const StoreFailure& failure) {
  log::error("the store cannot be written", {{"why", failure.detail}});
  return problem_response({503, sentence(failure), "", std::nullopt});
}

}  // namespace sluice::manager
