// See the header.
#include "relay/worker.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "base/log.hpp"
#include "base/version.hpp"
#include "net/spawn.hpp"

namespace sluice::relay {
namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

Worker::Worker(asio::io_context& io, std::int64_t stream, UniqueFd listener)
    : io_(io),
      stream_(stream),
      manager_(
          io, std::move(listener),
          {[this] { say_hello(); }, [this](os::ChannelMessage message) { return handle(std::move(message)); },
           [this] {
             if (driver_) driver_->stay();
           }}),
      signals_(io, SIGTERM, SIGINT),
      beat_timer_(io) {}

void Worker::start() {
  manager_.start();
  asio::co_spawn(io_, beat(), net::rethrow);
  asio::co_spawn(io_, await_signal(), net::rethrow);
}

// ---- the manager --------------------------------------------------------------------------------------

void Worker::say_hello() {
  control::Hello hello;
  hello.build = kBuildId;
  hello.pid = static_cast<int>(::getpid());
  hello.role = "relay";
  hello.stream = stream_;
  hello.config_hash = config_hash_;
  hello.ring_id = ring_id_;
  std::vector<int> fds;
  if (driver_) {
    fds.push_back(driver_->progress().fd());
    if (const auto delivered = driver_->delivered()) hello.position = delivered->position;
  }
  tell(hello, fds);
  if (driver_) tell(driver_->state());
}

void Worker::tell(const control::Message& message, const std::vector<int>& fds) {
  manager_.send(control::encode(message), fds);
}

// False: not a message a manager sends; the connection is dropped.
bool Worker::handle(os::ChannelMessage message) {
  auto decoded = control::decode(message.text);
  if (!decoded) return false;
  if (auto* config = std::get_if<control::ConfigureRelay>(&*decoded)) {
    configure(std::move(*config), std::move(message.fds));
  } else if (const auto* order = std::get_if<control::UseRing>(&*decoded)) {
    use_ring(*order, std::move(message.fds));
  } else if (const auto* policy = std::get_if<control::HoldPolicy>(&*decoded)) {
    if (driver_) driver_->set_policy(*policy);
  } else if (std::holds_alternative<control::UseClip>(*decoded)) {
    if (driver_) driver_->use_clip(message.fds.empty() ? UniqueFd{} : std::move(message.fds.front()));
  } else if (std::holds_alternative<control::SourceLost>(*decoded)) {
    if (driver_) driver_->lose_source();
  } else if (std::holds_alternative<control::RetryNow>(*decoded)) {
    if (driver_) driver_->retry_now();
  } else if (std::holds_alternative<control::End>(*decoded)) {
    end();
  } else if (std::holds_alternative<control::HandOver>(*decoded)) {
    hand_over();
  } else {
    return false;
  }
  return true;
}

namespace {

// The main server and, if there is one, the backup.
std::optional<std::vector<rtmp::ServerUrl>> servers_of(const control::ConfigureRelay& config) {
  std::vector<rtmp::ServerUrl> servers;
  for (const std::string& text : {config.server, config.backup_server}) {
    if (!servers.empty() && text.empty()) break;
    auto server = rtmp::parse_server_url(text);
    if (!server) return std::nullopt;
    servers.push_back(std::move(*server));
  }
  return servers;
}

}  // namespace

// Once per process: a changed configuration is carried out by another process.
void Worker::configure(control::ConfigureRelay config, std::vector<UniqueFd> fds) {
  if (driver_ || config.stream != stream_ || fds.size() != 1) {
    log::warning("configuration ignored", {{"stream", stream_}});
    return;
  }
  auto progress = control::ProgressMap::open(std::move(fds.front()));
  auto servers = servers_of(config);
  if (!progress || !servers) {
    log::error("configuration unusable", {{"stream", stream_}});
    return;
  }
  config_hash_ = config.config_hash;
  driver_ = std::make_unique<StreamDriver>(
      io_, std::move(config), std::move(*servers), std::move(*progress),
      StreamDriver::Callbacks{[this](const control::RelayState& state) { tell(state); },
                              [this] { io_.stop(); }});
}

void Worker::use_ring(const control::UseRing& order, std::vector<UniqueFd> fds) {
  if (!driver_ || fds.size() != 2) return;
  if (order.ring_id == ring_id_) {
    driver_->use_wake(std::move(fds[1]));
    return;
  }
  auto reader = ring::Reader::open(fds[0].get());
  if (!reader) {
    log::error("ring unusable", {{"stream", stream_}, {"why", ring::sentence(reader.error())}});
    return;
  }
  ring_id_ = order.ring_id;
  driver_->use_ring(std::move(*reader), std::move(fds[1]));
}

// ---- the process --------------------------------------------------------------------------------------

void Worker::end() {
  if (driver_)
    driver_->end();
  else
    io_.stop();
}

void Worker::hand_over() {
  if (driver_)
    driver_->hand_over();
  else
    io_.stop();
}

awaitable<void> Worker::await_signal() {
  error_code error;
  co_await signals_.async_wait(asio::redirect_error(use_awaitable, error));
  end();
}

awaitable<void> Worker::beat() {
  for (;;) {
    beat_timer_.expires_after(control::kHeartbeatEvery);
    error_code error;
    co_await beat_timer_.async_wait(asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    if (driver_) driver_->heartbeat();
    if (manager_.has_peer()) continue;
    const Instant alone_since = manager_.alone_since();
    const Instant silent_since = std::max(alone_since, driver_ ? driver_->last_sent_at() : alone_since);
    if (Clock::now() - silent_since > kLonelyDeadline) {
      log::info("no manager and nothing to send: ending", {{"stream", stream_}});
      end();
    }
  }
}

}  // namespace sluice::relay
