// Tells every open page what has changed, as server-sent events. Runs in the manager, on its loop.
//
// A change of state is told at once; counters are told with the next tick (kTick), and only when they differ.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/event_queue.hpp"
#include "manager/log_entry.hpp"
#include "manager/refused_list.hpp"
#include "manager/store.hpp"
#include "manager/supervisor.hpp"

namespace sluice::manager {

inline constexpr std::chrono::milliseconds kTick{500};

class Announcer {
 public:
  Announcer(boost::asio::io_context& io, const Store& store, const Supervisor& supervisor);

  // A new client: its queue begins with a snapshot.
  std::shared_ptr<http::EventQueue> subscribe();
  void stream_changed(std::int64_t id);
  void source_changed(std::int64_t id);
  void deleted(std::string_view kind, std::int64_t id);
  void refused(const control::RefusedPublish& refused);
  void logged(const LogEntry& entry);
  // Ends every event stream.
  void stop();

 private:
  void publish(std::string_view event, const std::string& data);
  void publish_if_new(std::string_view event, std::map<std::int64_t, std::string>& last, std::int64_t id,
                      std::string data);
  void tick();

  const Store& store_;
  const Supervisor& supervisor_;
  boost::asio::steady_timer timer_;
  std::vector<std::shared_ptr<http::EventQueue>> clients_;
  std::map<std::int64_t, std::string> last_streams_;
  std::map<std::int64_t, std::string> last_sources_;
};

}  // namespace sluice::manager
