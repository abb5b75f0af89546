// The REST API as the commands use it, over any transport. Runs in the command line.
#pragma once

#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/reasons.hpp"
#include "cli/exit_code.hpp"
#include "http/client.hpp"

namespace sluice::cli {

struct Failure {
  ExitCode exit_code = kRefused;
  std::string text;  // a sentence for the person
};
template <typename T>
using Result = std::expected<T, Failure>;

// How requests travel. The error is a sentence, and means that sluiced could not be reached.
struct Transport {
  std::function<std::expected<http::ClientResponse, std::string>(
      std::string_view method, const std::string& path, const std::string& body)>
      fetch;
  // Until the callback returns false or the connection ends, which is an error.
  std::function<std::expected<void, std::string>(
      const std::function<bool(std::string_view event, std::string_view data)>&)>
      follow_events;
};
Transport http_transport(const http::Origin& origin);

// `body` null: none is sent. An answer without content is null. `language`: of the reason in a failure.
Result<nlohmann::json> call(const Transport& transport, Language language, std::string_view method,
                            const std::string& path, const nlohmann::json& body = nullptr);

}  // namespace sluice::cli
