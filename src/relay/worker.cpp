// See the header.
#include "relay/worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/version.hpp"

namespace sluice::relay {
namespace asio = boost::asio;

Worker::Worker(asio::io_context& io, Identity identity, UniqueFd listener, SharedRings& rings,
               std::function<void()> on_over)
    : io_(io),
      identity_(identity),
      rings_(rings),
      on_over_(std::move(on_over)),
      manager_(
          io, std::move(listener),
          {[this] { say_hello(); }, [this](os::ChannelMessage message) { return handle(std::move(message)); },
           [this] {
             if (driver_) driver_->stay();
           }}),
      wake_(io, [this] { source_woken(); }) {}

Worker::~Worker() {
  if (driver_) driver_->close();
}

void Worker::start() {
  manager_.start();
}

// ---- the manager --------------------------------------------------------------------------------------

void Worker::say_hello() {
  control::Hello hello;
  hello.build = kBuildId;
  hello.pid = static_cast<int>(::getpid());
  hello.role = "relay";
  hello.stream = identity_.stream;
  hello.pack = identity_.pack;
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

// Once: a changed configuration is carried out by a successor.
void Worker::configure(control::ConfigureRelay config, std::vector<UniqueFd> fds) {
  if (driver_ || config.stream != identity_.stream || fds.size() != 1) {
    log::warning("configuration ignored", {{"stream", identity_.stream}});
    return;
  }
  auto progress = control::ProgressMap::open(std::move(fds.front()));
  auto servers = servers_of(config);
  if (!progress || !servers) {
    log::error("configuration unusable", {{"stream", identity_.stream}});
    return;
  }
  config_hash_ = config.config_hash;
  driver_ = std::make_shared<StreamDriver>(
      io_, std::move(config), std::move(*servers), std::move(*progress),
      StreamDriver::Callbacks{[this](const control::RelayState& state) { tell(state); }, on_over_});
  driver_->start();
}

// Without a wake-up of its own it is woken with its pack.
void Worker::use_ring(const control::UseRing& order, std::vector<UniqueFd> fds) {
  if (!driver_ || fds.empty() || fds.size() > 2) return;
  if (order.ring_id != ring_id_) {
    auto source = rings_.open(order.ring_id, fds.front().get());
    if (!source) {
      log::error("ring unusable", {{"stream", identity_.stream}, {"why", ring::sentence(source.error())}});
      return;
    }
    ring_id_ = order.ring_id;
    driver_->use_source(std::move(*source));
  }
  if (fds.size() == 2) wake_.watch(std::move(fds.back()));
  // What came between the old wake-up and this one.
  driver_->source_woken();
}

void Worker::source_woken() {
  if (driver_) driver_->source_woken();
}

void Worker::end() {
  if (driver_)
    driver_->end();
  else
    on_over_();
}

void Worker::hand_over() {
  if (driver_)
    driver_->hand_over();
  else
    on_over_();
}

void Worker::beat() {
  if (driver_) driver_->heartbeat();
  if (manager_.has_peer()) return;
  const Instant alone_since = manager_.alone_since();
  const Instant silent_since = std::max(alone_since, driver_ ? driver_->last_sent_at() : alone_since);
  if (Clock::now() - silent_since <= kLonelyDeadline) return;
  log::info("no manager and nothing to send: ending", {{"stream", identity_.stream}});
  end();
}

}  // namespace sluice::relay
