// A store, a supervisor with stand-in workers, and a loop, for tests with real processes.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <optional>

#include "manager/address.hpp"
#include "manager/supervisor.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {

// No test waits that long for what works; it bounds a failure.
inline constexpr std::chrono::seconds kPatience{20};

class ManagerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(directory_.create().has_value());
    store_.emplace(std::move(*Store::open(temp_.path() + "/sluice.db")));
    start_manager();
  }
  void TearDown() override {
    if (!supervisor_) start_manager();
    supervisor_->shut_down();
    EXPECT_TRUE(reaches([this] { return supervisor_->all_gone(); }));
  }

  void start_manager(const std::string& programs = FAKE_PROGRAMS, const std::string& rtmp = "127.0.0.1:0") {
    auto found = find_children(directory_, std::chrono::milliseconds{2000});
    UniqueFd listener;
    for (auto& child : found) {
      if (child.id == kIngest && !child.fds.empty()) listener.reset(::dup(child.fds[0].get()));
    }
    if (!listener) listener = std::move(*listen_on({"127.0.0.1", 0}));
    clips_.emplace(io_, *store_, temp_.path(), [this](std::int64_t) {
      if (supervisor_) supervisor_->apply();
    });
    Supervisor::Settings settings{programs, rtmp};
    settings.needs_sound = [this](std::string_view platform) { return platform == needs_sound_; };
    supervisor_.emplace(io_, *store_, *clips_, directory_, std::move(settings), Supervisor::Callbacks{});
    supervisor_->start(std::move(listener), std::move(found));
  }
  // As SIGUSR1 or a crash would: the children are not told.
  void lose_manager() {
    supervisor_.reset();
    clips_.reset();
  }

  Stream add(const std::string& platform, bool enabled = true) {
    Stream stream;
    stream.name = platform;
    stream.platform = platform;
    stream.server = "rtmp://127.0.0.1/app";
    stream.enabled = enabled;
    stream = *store_->add(stream);
    supervisor_->apply();
    return stream;
  }
  void change(const Stream& stream) {
    ASSERT_TRUE(store_->update(stream).has_value());
    supervisor_->apply();
  }
  StreamStatus status(const Stream& stream) { return supervisor_->status(store_->streams().at(stream.id)); }

  // Runs the loop until it holds, for as long as a failing test may take.
  bool reaches(std::function<bool()> condition) {
    return run(supervisor_->until(std::move(condition), kPatience));
  }
  // The same for what comes without a step of the supervisor, facts of a source among it; the condition may
  // make calls of its own.
  bool comes_true(const std::function<bool()>& condition) {
    const Instant end = Clock::now() + kPatience;
    while (!condition() && Clock::now() < end) {
      io_.restart();
      // Briefly: a call of the condition's may have run already what it waits for.
      io_.run_one_for(std::chrono::milliseconds{20});
    }
    return condition();
  }
  template <typename T>
  T run(boost::asio::awaitable<T> task) {
    auto result = boost::asio::co_spawn(io_, std::move(task), boost::asio::use_future);
    io_.restart();
    while (result.wait_for(std::chrono::seconds{0}) != std::future_status::ready) io_.run_one();
    return result.get();
  }
  // Its process has taken its configuration, not only been sent it: what a lost manager had sent and nobody
  // had read yet is lost with it, and the next one finds a relay without a configuration.
  bool running(const Stream& stream) {
    return reaches([this, stream] {
      const auto reason = status(stream).reason;
      return supervisor_->configured(stream.id) && reason && reason->text == "configured";
    });
  }

  std::string needs_sound_;  // the platform that takes no show without sound
  TempDirectory temp_;
  RunDirectory directory_{temp_.path()};
  boost::asio::io_context io_;
  std::optional<Store> store_;
  std::optional<Clips> clips_;
  std::optional<Supervisor> supervisor_;
};

}  // namespace sluice::manager
