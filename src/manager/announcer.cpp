// Server-sent events about streams and sources. Runs in the manager.
#include "manager/announcer.hpp"

#include "manager/json_views.hpp"

namespace sluice::manager {

Announcer::Announcer(boost::asio::io_context& io, const Store& store, const Supervisor& supervisor)
    : store_(store), supervisor_(supervisor), timer_(io) {}

std::shared_ptr<http::EventQueue> Announcer::subscribe() {
  Json streams = Json::array();
  for (const auto& [id, stream] : store_.streams()) {
    streams.push_back(to_json(stream, supervisor_.status(stream), shares_target(stream, store_.streams())));
  }
  Json sources = Json::array();
  for (const auto& [id, source] : store_.sources()) {
    sources.push_back(to_json(source, supervisor_.facts(id), supervisor_.clip(id)));
  }
  auto queue = std::make_shared<http::EventQueue>();
  queue->push(http::format_event("snapshot",
                                 dump({{"streams", std::move(streams)}, {"sources", std::move(sources)}})));
  const bool first = clients_.empty();
  clients_.push_back(queue);
  if (first) tick();
  return queue;
}

void Announcer::publish(std::string_view event, const std::string& data) {
  const std::string frame = http::format_event(event, data);
  std::erase_if(clients_, [&](const auto& client) { return !client->push(frame); });
}

void Announcer::publish_if_new(std::string_view event, std::map<std::int64_t, std::string>& last,
                               std::int64_t id, std::string data) {
  std::string& before = last[id];
  if (before == data) return;
  publish(event, data);
  before = std::move(data);
}

void Announcer::stream_changed(std::int64_t id) {
  const auto found = store_.streams().find(id);
  if (clients_.empty() || found == store_.streams().end()) return;
  const Stream& stream = found->second;
  publish_if_new("stream", last_streams_, id,
                 dump(to_json(stream, supervisor_.status(stream), shares_target(stream, store_.streams()))));
}

void Announcer::source_changed(std::int64_t id) {
  const auto found = store_.sources().find(id);
  if (clients_.empty() || found == store_.sources().end()) return;
  publish_if_new("source", last_sources_, id,
                 dump(to_json(found->second, supervisor_.facts(id), supervisor_.clip(id))));
}

void Announcer::deleted(std::string_view kind, std::int64_t id) {
  (kind == "stream" ? last_streams_ : last_sources_).erase(id);
  publish("deleted", dump({{"kind", kind}, {"id", id}}));
}

void Announcer::refused(const control::RefusedPublish& refused) {
  publish("refused", dump(to_json(refused)));
}

void Announcer::logged(const LogEntry& entry) {
  if (!clients_.empty()) publish("log", dump(to_json(entry)));
}

// Counters change without an event of their own. Nobody there: nothing is made, and no timer runs.
void Announcer::tick() {
  std::erase_if(clients_, [](const auto& client) { return client->closed(); });
  if (clients_.empty()) return;
  for (const auto& [id, stream] : store_.streams()) stream_changed(id);
  for (const auto& [id, source] : store_.sources()) source_changed(id);
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Announcer::stop() {
  timer_.cancel();
  for (const auto& client : clients_) client->close();
  clients_.clear();
}

}  // namespace sluice::manager
