// Routing, streams and the small resources of the API. Runs in the manager.
#include "manager/api.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "control/reason.hpp"
#include "http/origin.hpp"
#include "manager/assets.hpp"
#include "manager/metrics.hpp"
#include "manager/responses.hpp"

namespace sluice::manager {
namespace {

using namespace std::string_view_literals;

std::optional<std::int64_t> parse_id(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(path, '/')) {
    if (!part.empty()) parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

http::Response foreign(http::OriginError error) {
  const int status = error == http::OriginError::kNoHost ? 400 : 403;
  return problem_response({status, std::string(http::sentence(error)), "", std::nullopt});
}

// Killed, and yet there: the kernel is busy with it (a dump of its memory, a driver that hangs).
http::Response still_ending() {
  return problem_response(
      {503, "The relay's process was killed but has not ended yet; nothing more is to be done.", "",
       std::nullopt});
}

std::string stream_name(std::int64_t id) {
  return "stream " + std::to_string(id);
}

}  // namespace

Api::Api(Store& store, Supervisor& supervisor, Clips& clips, Announcer& announcer, RefusedList& refused,
         Probes& probes, EventLog& log, Settings settings)
    : store_(store),
      supervisor_(supervisor),
      clips_(clips),
      announcer_(announcer),
      refused_(refused),
      probes_(probes),
      log_(log),
      settings_(std::move(settings)) {}

Json Api::view(const Stream& stream) const {
  return to_json(stream, supervisor_.status(stream), shares_target(stream, store_.streams()));
}

Json Api::view(const Source& source) const {
  return to_json(source, supervisor_.facts(source.id), supervisor_.clip(source.id));
}

Api::Answer Api::answer(http::Request request) {
  if (const auto ours = http::check_origin(request.headers, settings_.allowed_hosts); !ours)
    co_return foreign(ours.error());
  if (request.method == "HEAD") request.method = "GET";
  auto path = split_path(request.path());
  const bool is_api = !path.empty() && path[0] == "api";
  if (is_api || request.path() == "/metrics") {
    if (const auto ours = http::check_site(request.headers); !ours) co_return foreign(ours.error());
  }
  if (is_api) {
    path.erase(path.begin());
    co_return co_await route(request, std::move(path));
  }
  if (request.method != "GET") co_return wrong_method("GET");
  if (request.path() == "/metrics") {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics(store_, supervisor_);
    co_return response;
  }
  if (auto asset = serve_asset(request)) co_return std::move(*asset);
  co_return not_found("such page");
}

Api::Answer Api::route(const http::Request& request, std::vector<std::string_view> path) {
  if (path.size() == 1) {
    if (path[0] == "streams") co_return co_await streams(request);
    if (path[0] == "sources") co_return sources(request);
    if (path[0] == "probe") co_return co_await probe(request);
    co_return simple(request, path[0]);
  }
  const auto id = path.size() >= 2 ? parse_id(path[1]) : std::nullopt;
  if (id && path.size() == 2 && path[0] == "streams") co_return co_await stream(request, *id);
  if (path.size() == 2 && path[0] == "streams" && path[1] == "order") co_return order_streams(request);
  if (id && path.size() == 2 && path[0] == "sources") co_return source(request, *id);
  if (id && path.size() == 3 && path[0] == "streams" && path[2] == "retry")
    co_return retry_stream(request, *id);
  if (id && path.size() == 3 && path[0] == "sources" && path[2] == "clip") co_return clip(request, *id);
  if (id && path.size() == 3 && path[0] == "sources" && path[2] == "live.flv") co_return live(request, *id);
  co_return not_found("such address in the API");
}

// ---- streams -------------------------------------------------------------------------------------------

Api::Answer Api::streams(const http::Request& request) {
  if (request.method == "GET") {
    Json all = Json::array();
    for (const auto& [id, entry] : store_.streams()) all.push_back(view(entry));
    co_return json_response(200, all);
  }
  if (request.method != "POST") co_return wrong_method("GET, POST");

  auto patch = parse_stream_patch(request.body);
  if (!patch) co_return problem_response(patch.error());
  if (!patch->position) patch->position = next_position(store_.streams());
  const Stream wanted = patched(Stream{}, std::move(*patch));
  if (const auto checked = check_stream(wanted, store_.sources()); !checked)
    co_return problem_response(checked.error());
  const auto added = store_.add(wanted);
  if (!added) co_return not_saved(added.error());
  log_.done(*added, LogEvent::kAdded);
  if (added->enabled) log_.done(*added, LogEvent::kSwitchedOn);
  supervisor_.apply();
  announcer_.stream_changed(added->id);
  if (added->enabled) {
    co_await supervisor_.until(
        [&] { return supervisor_.configured(added->id) || supervisor_.start_failure(added->id); },
        kStartPatience);
  }
  auto response = json_response(201, view(*added));
  response.headers.emplace_back("Location", "/api/streams/" + std::to_string(added->id));
  co_return response;
}

Api::Answer Api::stream(const http::Request& request, std::int64_t id) {
  const auto found = store_.streams().find(id);
  if (found == store_.streams().end()) co_return not_found(stream_name(id));
  if (request.method == "GET") co_return json_response(200, view(found->second));
  if (request.method == "PUT") co_return co_await change_stream(request, found->second);
  if (request.method == "DELETE") co_return co_await remove_stream(id);
  co_return wrong_method("GET, PUT, DELETE");
}

Api::Answer Api::change_stream(const http::Request& request, Stream stream) {
  const std::int64_t id = stream.id;
  auto patch = parse_stream_patch(request.body);
  if (!patch) co_return problem_response(patch.error());
  const bool concerns_relay = patch->concerns_relay();
  const Stream before = stream;
  stream = patched(std::move(stream), std::move(*patch));
  if (const auto checked = check_stream(stream, store_.sources()); !checked)
    co_return problem_response(checked.error());
  if (const auto saved = store_.update(stream); !saved) co_return not_saved(saved.error());
  log_.edited(before, stream);
  supervisor_.apply();
  announcer_.stream_changed(id);

  // While we wait, another request may change or delete the stream: what counts is the wish of the moment.
  const auto wish = [&]() -> std::optional<bool> {
    const auto now = store_.streams().find(id);
    if (now == store_.streams().end()) return std::nullopt;
    return now->second.enabled;
  };
  if (concerns_relay && stream.enabled) {
    co_await supervisor_.until(
        [&] { return wish() != true || supervisor_.configured(id) || supervisor_.start_failure(id); },
        kStartPatience);
    if (wish() == true && !supervisor_.configured(id)) {
      const control::Reason reason = supervisor_.start_failure(id).value_or(
          control::make_reason("relay_not_started", {{"why", "it has not answered within a second"}}));
      co_return problem_response({503, reason.text, "", reason});
    }
  } else if (!stream.enabled) {
    const bool answered =
        co_await supervisor_.until([&] { return wish() != false || supervisor_.gone(id); }, kStopPatience);
    if (!answered) co_return still_ending();
  }
  const auto now = store_.streams().find(id);
  if (now == store_.streams().end()) co_return not_found(stream_name(id));
  co_return json_response(200, view(now->second));
}

Api::Answer Api::remove_stream(std::int64_t id) {
  const Stream stream = store_.streams().at(id);
  if (const auto removed = store_.remove_stream(id); !removed) co_return not_saved(removed.error());
  log_.done(stream, LogEvent::kRemoved);
  supervisor_.apply();
  announcer_.deleted("stream", id);
  if (!co_await supervisor_.until([&] { return supervisor_.gone(id); }, kStopPatience))
    co_return still_ending();
  http::Response response;
  response.status = 204;
  co_return response;
}

// Concerns no relay, so there is nothing to apply.
http::Response Api::order_streams(const http::Request& request) {
  if (request.method != "PUT") return wrong_method("PUT");
  auto ids = parse_order(request.body, store_.streams());
  if (!ids) return problem_response(ids.error());
  const auto moved = store_.reorder(std::move(*ids));
  if (!moved) return not_saved(moved.error());
  for (const std::int64_t id : *moved) announcer_.stream_changed(id);
  Json all = Json::array();
  for (const std::int64_t id : in_order(store_.streams())) all.push_back(view(store_.streams().at(id)));
  return json_response(200, all);
}

http::Response Api::retry_stream(const http::Request& request, std::int64_t id) {
  const auto found = store_.streams().find(id);
  if (found == store_.streams().end()) return not_found(stream_name(id));
  if (request.method != "POST") return wrong_method("POST");
  if (!found->second.enabled) {
    return problem_response(
        {409, "The stream is switched off: there is nothing to try again.", "", std::nullopt});
  }
  log_.done(found->second, LogEvent::kRetried);
  supervisor_.retry(id);
  return json_response(200, view(found->second));
}

// ---- the rest ------------------------------------------------------------------------------------------

http::Response Api::read_log(const http::Request& request) const {
  const auto query = parse_log_query(request.query());
  if (!query) return problem_response(query.error());
  Json all = Json::array();
  for (const LogEntry& entry : log_.entries(*query)) all.push_back(to_json(entry));
  return json_response(200, all);
}

http::Response Api::simple(const http::Request& request, std::string_view name) {
  constexpr std::array kNames{"events"sv, "health"sv, "info"sv, "log"sv, "platforms"sv, "refused"sv};
  if (std::ranges::find(kNames, name) == kNames.end()) {
    return not_found("such address in the API");
  }
  if (request.method != "GET") return wrong_method("GET");
  if (name == "log") return read_log(request);
  if (name == "info") return json_response(200, settings_.info());
  if (name == "platforms") return json_response(200, settings_.platforms());
  if (name == "refused") {
    Json all = Json::array();
    for (const auto& entry : refused_.entries()) all.push_back(to_json(entry));
    return json_response(200, all);
  }
  if (name == "events") {
    http::Response response;
    response.content_type = "text/event-stream";
    response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
    response.events = announcer_.subscribe();
    return response;
  }
  if (supervisor_.listening()) return json_response(200, {{"status", "ok"}});
  return problem_response({503, "RTMP is not listening: the ingest is not running.", "", std::nullopt});
}

}  // namespace sluice::manager
