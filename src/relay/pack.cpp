// See the header.
#include "relay/pack.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "base/version.hpp"
#include "control/messages.hpp"
#include "control/progress.hpp"
#include "net/spawn.hpp"

namespace sluice::relay {
namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

Pack::Pack(asio::io_context& io, std::int64_t pack)
    : io_(io),
      pack_(pack),
      signals_(io, SIGTERM, SIGINT),
      beat_timer_(io),
      rings_(pack == 0 ? RingSource::Readers::kOne : RingSource::Readers::kMany),
      wake_(io, [this] { wake_all(); }) {}

std::unique_ptr<Pack> Pack::of_one(asio::io_context& io, std::int64_t stream, UniqueFd listener) {
  std::unique_ptr<Pack> pack(new Pack(io, 0));
  pack->carry(stream, std::move(listener));
  return pack;
}

std::unique_ptr<Pack> Pack::of_many(asio::io_context& io, std::int64_t number, UniqueFd listener) {
  std::unique_ptr<Pack> pack(new Pack(io, number));
  pack->manager_.emplace(io, std::move(listener),
                         net::ChannelServer::Callbacks{[self = pack.get()] { self->say_hello(); },
                                                       [self = pack.get()](os::ChannelMessage message) {
                                                         return self->handle(std::move(message));
                                                       }});
  return pack;
}

void Pack::start() {
  if (manager_) manager_->start();
  asio::co_spawn(io_, beat(), net::rethrow);
  asio::co_spawn(io_, await_signal(), net::rethrow);
}

// ---- the manager --------------------------------------------------------------------------------------

void Pack::say_hello() {
  control::Hello hello;
  hello.build = kBuildId;
  hello.pid = static_cast<int>(::getpid());
  hello.role = "pack";
  hello.pack = pack_;
  manager_->send(control::encode(hello), wake_.fd() < 0 ? std::vector<int>{} : std::vector{wake_.fd()});
}

// False: not a message a manager sends to a pack; the connection is dropped.
bool Pack::handle(os::ChannelMessage message) {
  const auto decoded = control::decode(message.text);
  if (!decoded || message.fds.size() != 1) return false;
  if (const auto* order = std::get_if<control::CarryStream>(&*decoded)) {
    carry(order->stream, std::move(message.fds.front()));
  } else if (std::holds_alternative<control::UseWake>(*decoded)) {
    wake_.watch(std::move(message.fds.front()));
    wake_all();  // what came between the old one and this one
  } else {
    return false;
  }
  return true;
}

// ---- the streams --------------------------------------------------------------------------------------

void Pack::carry(std::int64_t stream, UniqueFd listener) {
  if (workers_.contains(stream)) {
    log::warning("carried already", {{"stream", stream}});
    return;
  }
  // Told in the middle of what the worker does, hence not at once.
  const auto over = [this, stream] { asio::post(io_, [this, stream] { drop(stream); }); };
  auto& worker = workers_[stream];
  worker = std::make_unique<Worker>(io_, Worker::Identity{stream, pack_}, std::move(listener), rings_, over);
  worker->start();
}

void Pack::drop(std::int64_t stream) {
  workers_.erase(stream);
  empty_since_ = Clock::now();
  if (workers_.empty() && (ending_ || pack_ == 0)) io_.stop();
}

void Pack::wake_all() {
  for (const auto& [stream, worker] : workers_) worker->source_woken();
}

// ---- the process --------------------------------------------------------------------------------------

awaitable<void> Pack::await_signal() {
  error_code error;
  co_await signals_.async_wait(asio::redirect_error(use_awaitable, error));
  ending_ = true;
  if (workers_.empty()) io_.stop();
  for (const auto& [stream, worker] : workers_) worker->end();
}

awaitable<void> Pack::beat() {
  for (;;) {
    beat_timer_.expires_after(control::kHeartbeatEvery);
    error_code error;
    co_await beat_timer_.async_wait(asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    for (const auto& [stream, worker] : workers_) worker->beat();
    if (!workers_.empty() || Clock::now() - empty_since_ <= kEmptyDeadline) continue;
    log::info("nothing to carry: ending", {{"pack", pack_}});
    io_.stop();
  }
}

}  // namespace sluice::relay
