// Sources in the API. Runs in the manager.
#include <algorithm>

#include "control/reason.hpp"
#include "manager/api.hpp"
#include "manager/responses.hpp"

namespace sluice::manager {
namespace {

std::string source_name(std::int64_t id) {
  return "source " + std::to_string(id);
}

}  // namespace

http::Response Api::sources(const http::Request& request) {
  if (request.method == "GET") {
    Json all = Json::array();
    for (const auto& [id, entry] : store_.sources()) all.push_back(view(entry));
    return json_response(200, all);
  }
  if (request.method != "POST") return wrong_method("GET, POST");

  auto patch = parse_source_patch(request.body);
  if (!patch) return problem_response(patch.error());
  if (!patch->app) return problem_response({422, "The field app is needed.", "app", std::nullopt});
  // One click on a refused publisher gives app and key only.
  if (!patch->name) patch->name = patch->app->empty() ? "Source" : *patch->app;
  const Source wanted = patched(Source{}, std::move(*patch));
  if (const auto checked = check_source(wanted, store_.sources()); !checked)
    return problem_response(checked.error());
  const auto added = store_.add(wanted);
  if (!added) return not_saved(added.error());
  log_.done(*added, LogEvent::kAdded);
  refused_.forget_known(store_.sources());
  supervisor_.apply();
  announcer_.source_changed(added->id);
  auto response = json_response(201, view(*added));
  response.headers.emplace_back("Location", "/api/sources/" + std::to_string(added->id));
  return response;
}

http::Response Api::source(const http::Request& request, std::int64_t id) {
  const auto found = store_.sources().find(id);
  if (found == store_.sources().end()) return not_found(source_name(id));
  if (request.method == "GET") return json_response(200, view(found->second));
  if (request.method == "PUT") return change_source(request, found->second);
  if (request.method == "DELETE") return remove_source(id);
  return wrong_method("GET, PUT, DELETE");
}

http::Response Api::change_source(const http::Request& request, const Source& source) {
  auto patch = parse_source_patch(request.body);
  if (!patch) return problem_response(patch.error());
  const Source wanted = patched(source, std::move(*patch));
  if (wanted.id == kFirstSource && (wanted.app != source.app || !(wanted.key == source.key))) {
    return problem_response(
        {409, "Source 1 keeps its app and key, so that existing set-ups go on working; add another source.",
         wanted.app != source.app ? "app" : "key", std::nullopt});
  }
  if (const auto checked = check_source(wanted, store_.sources()); !checked)
    return problem_response(checked.error());
  const bool changed = !(wanted == source);  // below, what is stored is the new one
  if (const auto saved = store_.update(wanted); !saved) return not_saved(saved.error());
  if (changed) log_.done(wanted, LogEvent::kChanged);
  refused_.forget_known(store_.sources());
  supervisor_.apply();
  announcer_.source_changed(wanted.id);
  return json_response(200, view(wanted));
}

http::Response Api::remove_source(std::int64_t id) {
  if (id == kFirstSource) return problem_response({409, "Source 1 always exists.", "", std::nullopt});
  const bool used =
      std::ranges::any_of(store_.streams(), [id](const auto& entry) { return entry.second.source == id; });
  if (used) return problem_response({409, "A stream still uses this source.", "", std::nullopt});
  const Source source = store_.sources().at(id);
  if (const auto removed = store_.remove_source(id); !removed) return not_saved(removed.error());
  log_.done(source, LogEvent::kRemoved);
  supervisor_.apply();
  announcer_.deleted("source", id);
  http::Response response;
  response.status = 204;
  return response;
}

// The ingest serves it: no media passes here. What we know to be in the way is said here, since the ingest
// can no longer be asked once the connection is its own.
http::Response Api::live(const http::Request& request, std::int64_t id) {
  if (!store_.sources().contains(id)) return not_found(source_name(id));
  if (request.method != "GET") return wrong_method("GET");
  if (!supervisor_.listening())
    return problem_response({503, "The ingest is not running: there is nothing to watch.", "", std::nullopt});
  if (supervisor_.facts(id).state != "publishing") {
    return problem_response(
        {409, "Nobody publishes to this source: there is nothing to watch. Start streaming in OBS.", "",
         control::make_reason("source_absent")});
  }
  if (!supervisor_.takes_viewers()) {
    return problem_response({503,
                             "The ingest is still that of an earlier version, which has no preview. It is "
                             "replaced once nobody has "
                             "been streaming for 10 seconds.",
                             "", std::nullopt});
  }
  http::Response response;
  response.content_type = "video/x-flv";
  response.headers = {{"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Cross-Origin-Resource-Policy", "same-origin"}};
  response.take_over = [this, id](UniqueFd socket) { supervisor_.watch(id, std::move(socket)); };
  return response;
}

http::Response Api::clip(const http::Request& request, std::int64_t id) {
  const auto found = store_.sources().find(id);
  if (found == store_.sources().end()) return not_found(source_name(id));
  if (request.method == "POST") return record_clip(request, found->second);
  if (request.method != "DELETE") return wrong_method("POST, DELETE");
  if (const auto removed = clips_.remove(id); !removed) return not_saved(removed.error());
  http::Response response;
  response.status = 204;
  return response;
}

http::Response Api::record_clip(const http::Request& request, const Source& source) {
  const auto seconds = parse_clip_request(request.body);
  if (!seconds) return problem_response(seconds.error());
  if (supervisor_.facts(source.id).state != "publishing") {
    const control::Reason reason = control::make_reason("clip_no_source");
    return problem_response({409, reason.text, "", reason});
  }
  if (!supervisor_.record_clip(source.id, *seconds))
    return problem_response({503, "The ingest is not running: nothing can be recorded.", "", std::nullopt});
  return json_response(202, view(source));
}

}  // namespace sluice::manager
