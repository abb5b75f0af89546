// bench_publisher: publishes an FLV file in real time, over and over, like OBS, with a mark in each frame; to
// several servers or apps at once if it is given several.
//
// Prints JSON lines: {"event":"publishing","url":…} when one has begun, {"event":"failed",…} when one cannot
// go on, {"event":"done"} at the end with how many were still publishing and how late frames were handed to
// the socket. SIGTERM, SIGINT or the end of stdin ends the shows properly, so that they cannot outlive the
// driver. Exit code 1 when none is left; why each has ended stands on stderr.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <vector>

#include "broadcast.hpp"

namespace sluice::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kEvents = 64;
constexpr auto kGoodbyeDeadline = 500ms;
// Between one beginning and the next. Encoders do not send their key frames at the same moment: divided by
// the 2 s between key frames and by the 33 ms between frames this leaves ever other remainders.
constexpr auto kApart = 140ms;

volatile std::sig_atomic_t stop_requested = 0;

[[noreturn]] void fail(std::string_view sentence) {
  fmt::print(stderr, "bench_publisher: {}\n", sentence);
  std::exit(1);
}

struct Target {
  std::string url;
  rtmp::ServerUrl server;
};

class Publisher {
 public:
  Publisher(Show& show, std::vector<Target> targets, std::string key)
      : show_(show),
        targets_(std::move(targets)),
        key_(std::move(key)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, nullptr);
  }

  void run() {
    while (stop_requested == 0) {
      start_next();
      serve_until(next_due());
      go_on();
      if (broadcasts_.empty() && started_ == targets_.size()) fail("nothing is left to publish to.");
    }
    say_goodbye();
  }

 private:
  // One after the other: the next when this one is publishing, or has failed.
  bool may_start() const {
    return started_ < targets_.size() && (broadcasts_.empty() || broadcasts_.back().publishing());
  }

  void start_next() {
    if (!may_start() || Clock::now() < next_start_) return;
    const Target& target = targets_[started_++];
    Broadcast& broadcast = broadcasts_.emplace_back(target.url, target.server, show_, key_);
    next_start_ = Clock::now() + kApart;
    if (broadcast.failure()) return drop_failed();
    watch(EPOLL_CTL_ADD, broadcast.fd(), EPOLLIN, &broadcast);
  }

  void go_on() {
    const Instant now = Clock::now();
    bool failed = false;
    for (Broadcast& broadcast : broadcasts_) {
      if (broadcast.due() > now) continue;
      attend(broadcast, [&] { broadcast.go_on(lateness_); });
      failed = failed || broadcast.failure();
    }
    if (failed) drop_failed();
  }

  Instant next_due() const {
    Instant due = may_start() ? next_start_ : Instant::max();
    for (const Broadcast& broadcast : broadcasts_) due = std::min(due, broadcast.due());
    return due;
  }

  // Waits for a socket or until `time`, whichever is first, and does what the sockets allow.
  void serve_until(Instant time) {
    const auto left = std::max<Duration>(time - Clock::now(), 0ns);
    const timespec timeout{left / 1s, (left % 1s) / 1ns};
    std::array<epoll_event, kEvents> events{};
    const int ready = ::epoll_pwait2(epoll_.get(), events.data(), kEvents, &timeout, nullptr);
    bool failed = false;
    for (int i = 0; i < ready; ++i) {
      auto* broadcast = static_cast<Broadcast*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (broadcast == nullptr) {
        stop_requested = 1;
        continue;
      }
      attend(*broadcast, [broadcast] { serve(*broadcast); });
      failed = failed || broadcast->failure();
    }
    if (failed) drop_failed();
  }

  // Does that, and waits for the socket to take more if there is more then.
  template <typename Step>
  void attend(Broadcast& broadcast, Step step) {
    const bool waited = broadcast.wants_write();
    step();
    if (broadcast.failure() || broadcast.wants_write() == waited) return;
    watch(EPOLL_CTL_MOD, broadcast.fd(), EPOLLIN | (waited ? 0U : EPOLLOUT), &broadcast);
  }

  void watch(int how, int fd, std::uint32_t wanted, void* what) {
    epoll_event event{wanted, {.ptr = what}};
    if (::epoll_ctl(epoll_.get(), how, fd, &event) != 0) fail("epoll does not take a descriptor.");
  }

  static void serve(Broadcast& broadcast) {
    const bool was_publishing = broadcast.publishing();
    broadcast.serve();
    if (was_publishing || !broadcast.publishing()) return;
    fmt::print("{{\"event\":\"publishing\",\"url\":\"{}\",\"ns\":{}}}\n", broadcast.url(), monotonic_ns());
    std::fflush(stdout);
  }

  void drop_failed() {
    std::erase_if(broadcasts_, [](const Broadcast& broadcast) {
      if (!broadcast.failure()) return false;
      fmt::print(stderr, "bench_publisher: {}: {}\n", broadcast.url(), *broadcast.failure());
      fmt::print("{{\"event\":\"failed\",\"url\":\"{}\"}}\n", broadcast.url());
      std::fflush(stdout);
      return true;
    });
  }

  void say_goodbye() {
    std::erase_if(broadcasts_, [](const Broadcast& broadcast) { return !broadcast.publishing(); });
    const std::size_t publishing = broadcasts_.size();
    for (Broadcast& broadcast : broadcasts_) {
      attend(broadcast, [&broadcast] { broadcast.finish(); });
    }
    const Instant deadline = Clock::now() + kGoodbyeDeadline;
    const auto said = [](const Broadcast& broadcast) { return !broadcast.wants_write(); };
    while (!std::ranges::all_of(broadcasts_, said) && Clock::now() < deadline) serve_until(deadline);
    fmt::print("{{\"event\":\"done\",\"publishing\":{},\"lateness\":{}}}\n", publishing, lateness_.json());
  }

  Show& show_;
  std::vector<Target> targets_;
  std::string key_;
  UniqueFd epoll_;
  std::list<Broadcast> broadcasts_;
  std::size_t started_ = 0;  // of targets_
  Instant next_start_ = Clock::now();
  Durations lateness_;
};

std::vector<Target> parse_targets(const std::vector<std::string>& urls) {
  std::vector<Target> targets;
  for (const std::string& url : urls) {
    auto server = rtmp::parse_server_url(url);
    if (!server) fail(rtmp::sentence(server.error()));
    if (server->host != "127.0.0.1" || server->tls) fail("the server must be an rtmp:// URL at 127.0.0.1.");
    targets.push_back({url, std::move(*server)});
  }
  return targets;
}

int run(int argc, char** argv) {
  std::string path;
  std::vector<std::string> urls;
  std::string key;
  CLI::App app{"Publishes an FLV file in real time to servers on this machine, with a mark in each frame."};
  app.add_option("--file", path, "FLV file with H.264")->required();
  app.add_option("--url", urls, "rtmp://127.0.0.1:PORT/APP; may be given several times")->required();
  app.add_option("--key", key, "Stream key; empty by default");
  CLI11_PARSE(app, argc, argv);

  std::vector<Target> targets = parse_targets(urls);
  auto show = load_show(path);
  if (!show) fail(show.error());

  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  Publisher(*show, std::move(targets), std::move(key)).run();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
