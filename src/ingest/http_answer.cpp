// See the header.
#include "ingest/http_answer.hpp"

#include <nlohmann/json.hpp>

#include "control/reason.hpp"
#include "ingest/limits.hpp"

namespace sluice::ingest {
namespace {

struct Words {
  int status;
  std::string_view title;
  std::string detail;
};

Words words_of(WatchRefusal refusal) {
  switch (refusal) {
    case WatchRefusal::kSourceAbsent:
      return {409, "Conflict",
              "Nobody publishes to this source: there is nothing to watch. Start streaming in OBS."};
    case WatchRefusal::kTooManyViewers:
      return {503, "Service Unavailable",
              "Too many viewers: at most " + std::to_string(kMaxViewers) +
                  " can watch at the same time. Close another preview first."};
    case WatchRefusal::kNoMemory:
      return {503, "Service Unavailable", "There is not enough memory for another viewer."};
  }
  return {503, "Service Unavailable", ""};
}

}  // namespace

std::string_view flv_answer_head() {
  return "HTTP/1.1 200 OK\r\n"
         "Content-Type: video/x-flv\r\n"
         "Cache-Control: no-store\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "Cross-Origin-Resource-Policy: same-origin\r\n"
         "Connection: close\r\n"
         "\r\n";
}

std::string answer_of(WatchRefusal refusal) {
  const Words words = words_of(refusal);
  nlohmann::ordered_json problem = {
      {"type", "about:blank"}, {"title", words.title}, {"status", words.status}, {"detail", words.detail}};
  if (refusal == WatchRefusal::kSourceAbsent) {
    const control::Reason reason = control::make_reason("source_absent");
    problem["reason"] = {
        {"code", reason.code}, {"text", reason.text}, {"params", nlohmann::ordered_json::object()}};
  }
  const std::string body = problem.dump() + "\n";
  std::string answer = "HTTP/1.1 ";
  answer.append(std::to_string(words.status)).append(" ").append(words.title).append("\r\n");
  answer +=
      "Content-Type: application/problem+json\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
  return answer + body;
}

}  // namespace sluice::ingest
