// See the header.
#include "ingest/worker.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "base/log.hpp"
#include "base/version.hpp"
#include "ingest/limits.hpp"
#include "net/spawn.hpp"

namespace sluice::ingest {
namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

Worker::Worker(asio::io_context& io, UniqueFd listener)
    : io_(io),
      manager_(io, std::move(listener),
               {[this] { say_hello(); },
                [this](os::ChannelMessage message) { return handle(std::move(message)); }}),
      signals_(io, SIGTERM, SIGINT),
      facts_timer_(io),
      server_(io, {[this](const Source& source) { announce_ring(source); },
                   [this](const Source& source) { announce_facts(source); },
                   [this](const control::RefusedPublish& refused) { tell(refused); },
                   [this](const control::ClipRecorded& recorded, UniqueFd file) {
                     announce_clip(recorded, std::move(file));
                   }}) {}

void Worker::start() {
  manager_.start();
  asio::co_spawn(io_, report_facts(), net::rethrow);
  asio::co_spawn(io_, await_signal(), net::rethrow);
}

void Worker::say_hello() {
  control::Hello hello;
  hello.build = kBuildId;
  hello.pid = static_cast<int>(::getpid());
  hello.role = "ingest";
  hello.config_hash = config_hash_;
  hello.takes_viewers = true;
  std::vector<int> fds;
  if (server_.listener() >= 0) fds.push_back(server_.listener());
  tell(hello, fds);
  for (const auto& [id, source] : server_.sources()) {
    if (source->ring()) announce_ring(*source);
    announce_facts(*source);
  }
  for (auto& [id, clip] : std::exchange(untold_clips_, {}))
    announce_clip(clip.recorded, std::move(clip.file));
}

void Worker::tell(const control::Message& message, const std::vector<int>& fds) {
  manager_.send(control::encode(message), fds);
}

void Worker::announce_ring(const Source& source) {
  tell(control::RingOf{source.id(), ring::to_hex(source.ring()->id())}, {source.ring()->fd()});
}

void Worker::announce_facts(const Source& source) {
  tell(source.facts(Clock::now()));
}

void Worker::announce_clip(const control::ClipRecorded& recorded, UniqueFd file) {
  if (!recorded.problem.empty()) {
    log::info("no clip", {{"source", recorded.source}, {"why", recorded.problem}});
  } else {
    log::info("clip recorded", {{"source", recorded.source}, {"ms", recorded.duration_ms}});
  }
  tell(recorded, file ? std::vector{file.get()} : std::vector<int>{});
  // The next manager may still want it.
  if (!manager_.has_peer()) untold_clips_[recorded.source] = {recorded, std::move(file)};
}

// False: not a message a manager sends; the connection is dropped.
bool Worker::handle(os::ChannelMessage message) {
  auto decoded = control::decode(message.text);
  if (!decoded) return false;
  auto& fds = message.fds;
  if (std::holds_alternative<control::Listen>(*decoded)) {
    if (fds.size() != 1) return false;
    server_.listen(std::move(fds.front()));
  } else if (auto* set = std::get_if<control::SetSource>(&*decoded)) {
    server_.set_source(set->source, std::move(set->app), std::move(set->key));
  } else if (const auto* removed = std::get_if<control::RemoveSource>(&*decoded)) {
    server_.remove_source(removed->source);
  } else if (const auto* attach = std::get_if<control::AttachReader>(&*decoded)) {
    if (fds.size() != 1) return false;
    server_.attach(attach->source, attach->reader, std::move(fds.front()));
  } else if (const auto* detach = std::get_if<control::DetachReader>(&*decoded)) {
    server_.detach(detach->reader);
  } else if (const auto* record = std::get_if<control::RecordClip>(&*decoded)) {
    server_.record_clip(record->source, std::chrono::seconds{record->seconds});
  } else if (const auto* watch = std::get_if<control::Watch>(&*decoded)) {
    if (fds.size() != 1) return false;
    server_.watch(watch->source, std::move(fds.front()));
  } else if (const auto* policy = std::get_if<control::PlayPolicy>(&*decoded)) {
    server_.serve_players_from_anywhere(policy->from_anywhere);
  } else if (auto* hash = std::get_if<control::ConfigHash>(&*decoded)) {
    config_hash_ = std::move(hash->config_hash);
  } else if (std::holds_alternative<control::End>(*decoded)) {
    io_.stop();
  } else {
    return false;
  }
  return true;
}

awaitable<void> Worker::await_signal() {
  error_code error;
  co_await signals_.async_wait(asio::redirect_error(use_awaitable, error));
  io_.stop();
}

awaitable<void> Worker::report_facts() {
  for (;;) {
    facts_timer_.expires_after(kFactsEvery);
    error_code error;
    co_await facts_timer_.async_wait(asio::redirect_error(use_awaitable, error));
    if (error) co_return;
    for (const auto& [id, source] : server_.sources()) {
      if (source->publishing()) announce_facts(*source);
    }
    if (!manager_.has_peer() && server_.idle() && Clock::now() - manager_.alone_since() > kLonelyDeadline) {
      log::info("no manager and no publisher: ending", {});
      io_.stop();
    }
  }
}

}  // namespace sluice::ingest
