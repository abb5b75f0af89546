// Requests and their failures. Runs in the command line.
#include "cli/api.hpp"

#include "cli/format.hpp"

namespace sluice::cli {
namespace {

using nlohmann::json;

// Longer than sluiced takes for anything (a test of a server: 15 s, and 2 s more if it must be killed), so
// that its own answer comes first.
constexpr std::chrono::seconds kDeadline{20};

// JSON can carry only UTF-8; arguments and key files can hold anything.
Result<std::string> serialized(const json& body) {
  if (body.is_null()) return "";
  try {
    return body.dump();
  } catch (const json::type_error&) {
    return std::unexpected(Failure{kUsage, "the name, the server or the key is not valid UTF-8"});
  }
}

}  // namespace

Transport http_transport(const http::Origin& origin) {
  return {[origin](std::string_view method, const std::string& path, const std::string& body) {
            return http::fetch(origin, method, path, body, kDeadline);
          },
          [origin](const std::function<bool(std::string_view, std::string_view)>& on_event) {
            return http::follow_events(origin, "/api/events", on_event);
          }};
}

Result<json> call(const Transport& transport, Language language, std::string_view method,
                  const std::string& path, const json& body) {
  const auto bytes = serialized(body);
  if (!bytes) return std::unexpected(bytes.error());
  const auto response = transport.fetch(method, path, *bytes);
  if (!response) return std::unexpected(Failure{kUnreachable, response.error()});
  if (response->status < 200 || response->status > 299) {
    return std::unexpected(Failure{kRefused, problem_text(response->status, response->body, language)});
  }
  if (response->body.empty()) return json();
  json answer = json::parse(response->body, nullptr, false);
  if (answer.is_discarded()) {
    return std::unexpected(Failure{kRefused, "the answer is not JSON; is another program at this address?"});
  }
  return answer;
}

}  // namespace sluice::cli
