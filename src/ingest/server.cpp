// See the header.
#include "ingest/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "ingest/limits.hpp"
#include "net/spawn.hpp"

namespace sluice::ingest {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

}  // namespace

Server::Server(asio::io_context& io, ServerCallbacks callbacks)
    : io_(io), callbacks_(std::move(callbacks)), sweep_timer_(io) {
  asio::co_spawn(io_, sweep(), net::rethrow);
}

// ---- callers ------------------------------------------------------------------------------------------

void Server::listen(UniqueFd listener) {
  if (listener_) listener_->close();
  listener_ = std::make_shared<Descriptor>(io_, listener.release());
  asio::co_spawn(io_, accept_callers(listener_), net::rethrow);
}

int Server::listener() const {
  return listener_ ? listener_->native_handle() : -1;
}

awaitable<void> Server::accept_callers(std::shared_ptr<Descriptor> listener) {
  for (;;) {
    error_code error;
    co_await listener->async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    while (accept_one(listener->native_handle())) {
    }
    if (errno == EAGAIN) continue;
    log::error("cannot accept a connection", {{"why", std::generic_category().message(errno)}});
    asio::steady_timer pause{io_, kAcceptPause};
    co_await pause.async_wait(asio::redirect_error(use_awaitable, error));
  }
}

bool Server::accept_one(int listener) {
  UniqueFd socket{::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!socket) return errno == ECONNABORTED || errno == EINTR;
  if (connections_.size() >= kMaxConnections) {
    log::warning("connection refused: too many", {{"limit", kMaxConnections}});
    return true;
  }
  auto connection = std::make_shared<Connection>(io_, std::move(socket), *this);
  connections_.push_back(connection);
  connection->start();
  return true;
}

awaitable<void> Server::sweep() {
  for (;;) {
    sweep_timer_.expires_after(kSweep);
    error_code error;
    co_await sweep_timer_.async_wait(asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    const Instant now = Clock::now();
    for (const auto& connection : connections_) connection->sweep(now);
    std::erase_if(connections_, [](const auto& connection) { return connection->closed(); });
    for (const auto& viewer : viewers_) viewer->sweep(now);
    std::erase_if(viewers_, [](const auto& viewer) { return viewer->closed(); });
  }
}

// ---- who may ------------------------------------------------------------------------------------------

Source* Server::find(const rtmp::PeerRequest& request) {
  const auto id = table_.find(request.app, request.key.reveal());
  if (!id) return nullptr;
  return sources_.at(*id).get();
}

std::expected<Source*, rtmp::Refusal> Server::claim(Connection& publisher, const rtmp::PeerRequest& request) {
  Source* source = find(request);
  if (source == nullptr) {
    report_refused(publisher, request);
    return std::unexpected(rtmp::Refusal::kWrongKey);
  }
  const bool had_ring = source->ring().has_value();
  if (!source->has_ring_or_makes_one()) {
    log::error("no memory for a ring", {{"source", source->id()}});
    return std::unexpected(rtmp::Refusal::kWrongKey);
  }
  if (!takes_over(publisher, *source)) return std::unexpected(rtmp::Refusal::kInUse);
  source->begin({publisher.address(), request.software}, Clock::now());
  publishers_[source->id()] = &publisher;
  if (!had_ring) callbacks_.on_ring(*source);
  callbacks_.on_change(*source);
  return source;
}

// True: nobody holds the source any more.
bool Server::takes_over(Connection& newcomer, Source& source) {
  const auto found = publishers_.find(source.id());
  if (found == publishers_.end()) return true;
  Connection& incumbent = *found->second;
  const Takeovers::Incumbent held{incumbent.address(), source.last_media()};
  if (!source.takeovers().allows(newcomer.address(), held, Clock::now())) {
    log::warning("publish refused: two encoders fight for this source, and the one that delivers keeps it",
                 {{"source", source.id()}, {"address", newcomer.address()}, {"keeps", incumbent.address()}});
    return false;
  }
  incumbent.evict(rtmp::Refusal::kInUse, "another encoder has taken over this source");
  publishers_.erase(found);
  return true;
}

void Server::released(Connection& publisher, Source& source, bool cleanly) {
  const auto holder = publishers_.find(source.id());
  if (holder == publishers_.end() || holder->second != &publisher) return;
  publishers_.erase(holder);
  source.takeovers().vacated();
  source.end(cleanly);
  callbacks_.on_change(source);
}

void Server::report_refused(const Connection& publisher, const rtmp::PeerRequest& request) {
  log::warning("publish refused: no such source", {{"address", publisher.address()}, {"app", request.app}});
  const Instant now = Clock::now();
  if (now - last_refused_ < kRefusedReportEvery) return;
  last_refused_ = now;
  callbacks_.on_refused({request.app, request.key, publisher.address()});
}

// ---- what the manager wants ---------------------------------------------------------------------------

void Server::set_source(SourceId id, std::string app, Secret key) {
  table_.set(id, std::move(app), std::move(key));
  auto& source = sources_[id];
  if (!source) source = std::make_unique<Source>(io_, id, callbacks_.on_clip);
}

void Server::remove_source(SourceId id) {
  table_.remove(id);
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  publishers_.erase(id);
  for (const auto& connection : connections_) connection->forget(*found->second);
  for (const auto& viewer : viewers_) viewer->forget(*found->second);
  if (found->second->publishing()) found->second->end(true);
  sources_.erase(found);
}

void Server::record_clip(SourceId id, std::chrono::seconds length) {
  const auto found = sources_.find(id);
  if (found == sources_.end() || !found->second->publishing())
    return callbacks_.on_clip({id, "clip_no_source", 0, ""}, UniqueFd{});
  found->second->record_clip(std::clamp(length, kShortestClip, kLongestClip), Clock::now());
  callbacks_.on_change(*found->second);
}

void Server::watch(SourceId id, UniqueFd socket) {
  std::erase_if(viewers_, [](const auto& viewer) { return viewer->closed(); });
  if (viewers_.size() >= kMaxViewerSockets) {
    log::warning("viewer refused without a word: too many", {{"limit", kMaxViewerSockets}});
    return;
  }
  const auto watching = std::ranges::count_if(viewers_, &Viewer::watching);
  const auto viewer = viewers_.emplace_back(std::make_shared<Viewer>(io_, std::move(socket)));
  const auto found = sources_.find(id);
  if (found == sources_.end() || !found->second->publishing()) {
    viewer->refuse(WatchRefusal::kSourceAbsent);
  } else if (std::cmp_greater_equal(watching, kMaxViewers)) {
    log::warning("viewer refused: too many", {{"limit", kMaxViewers}});
    viewer->refuse(WatchRefusal::kTooManyViewers);
  } else {
    viewer->watch(*found->second);
  }
}

void Server::attach(SourceId source, std::int64_t reader, UniqueFd wake) {
  if (const auto found = sources_.find(source); found != sources_.end()) {
    found->second->attach(reader, std::move(wake));
  }
}

void Server::detach(std::int64_t reader) {
  for (const auto& [id, source] : sources_) source->detach(reader);
}

bool Server::idle() const {
  return publishers_.empty();
}

}  // namespace sluice::ingest
