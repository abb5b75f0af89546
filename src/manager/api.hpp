// The REST API: requests in, responses out, over store and supervisor. docs/openapi.yaml describes it in
// full. Runs in the manager, on its loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.hpp"
#include "manager/announcer.hpp"
#include "manager/clips.hpp"
#include "manager/event_log.hpp"
#include "manager/json_views.hpp"
#include "manager/probes.hpp"
#include "manager/problem.hpp"
#include "manager/refused_list.hpp"
#include "manager/store.hpp"
#include "manager/supervisor.hpp"
#include "manager/validation.hpp"

namespace sluice::manager {

// PUT enabled: true waits this long for the relay's hello.
inline constexpr Duration kStartPatience = std::chrono::seconds{1};
// Off is done within 500 ms (killed after 300, reconcile.hpp); what takes longer hangs in the kernel.
inline constexpr Duration kStopPatience = std::chrono::seconds{2};

class Api {
 public:
  struct Settings {
    std::vector<std::string> allowed_hosts;
    std::function<Json()> info;       // GET /api/info
    std::function<Json()> platforms;  // GET /api/platforms
  };

  // Everything given outlives it.
  Api(Store& store, Supervisor& supervisor, Clips& clips, Announcer& announcer, RefusedList& refused,
      Probes& probes, EventLog& log, Settings settings);

  // Host and Origin are checked first. Everything that is not the API is a file of the page.
  boost::asio::awaitable<http::Response> answer(http::Request request);

 private:
  using Answer = boost::asio::awaitable<http::Response>;

  Answer route(const http::Request& request, std::vector<std::string_view> path);
  Answer streams(const http::Request& request);
  Answer stream(const http::Request& request, std::int64_t id);
  Answer change_stream(const http::Request& request, Stream stream);
  Answer remove_stream(std::int64_t id);
  http::Response order_streams(const http::Request& request);
  http::Response retry_stream(const http::Request& request, std::int64_t id);
  http::Response sources(const http::Request& request);
  http::Response source(const http::Request& request, std::int64_t id);
  http::Response change_source(const http::Request& request, const Source& source);
  http::Response remove_source(std::int64_t id);
  http::Response live(const http::Request& request, std::int64_t source);
  http::Response clip(const http::Request& request, std::int64_t source);
  http::Response record_clip(const http::Request& request, const Source& source);
  Answer probe(const http::Request& request);
  http::Response read_log(const http::Request& request) const;
  http::Response simple(const http::Request& request, std::string_view name);

  Json view(const Stream& stream) const;
  Json view(const Source& source) const;

  Store& store_;
  Supervisor& supervisor_;
  Clips& clips_;
  Announcer& announcer_;
  RefusedList& refused_;
  Probes& probes_;
  EventLog& log_;
  Settings settings_;
};

}  // namespace sluice::manager
