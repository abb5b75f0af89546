// bench_sink: the platforms of a bench in one process. Takes any number of RTMP (or RTMPS) publishers on one
// port of 127.0.0.1 and reads the marks in their frames.
//
// Prints JSON lines: {"event":"listening","port":…}, then the events of sink_connection.hpp. Commands are
// lines on stdin: `begin` starts a window of measurement, `report` prints {"event":"report",…} about it. The
// end of stdin, SIGTERM or SIGINT ends it after a last report, so that it cannot outlive the driver.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <span>
#include <vector>

#include "loopback.hpp"
#include "sink_connection.hpp"

namespace sluice::bench {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

class Sink {
 public:
  Sink(std::uint16_t port, TlsContext tls, Check check)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        listener_(listen_on_loopback(port)),
        tls_(std::move(tls)),
        check_(check) {
    if (!listener_) {
      fmt::print(stderr, "bench_sink: cannot listen on 127.0.0.1:{}: {}\n", port, std::strerror(errno));
      std::exit(1);
    }
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, nullptr);
    watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, &listener_);
    fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", bound_port(listener_));
    std::fflush(stdout);
  }

  void run() {
    while (stop_requested == 0) serve_once();
    report();
  }

 private:
  void serve_once() {
    // Room for all, so that none is taken in after frames of others have been looked at.
    events_.resize(connections_.size() + 2);
    const int ready = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), -1);
    const auto events = std::span(events_).first(static_cast<std::size_t>(std::max(ready, 0)));
    for (const epoll_event& event : events) {
      if (SinkConnection* connection = connection_of(event)) connection->receive();
    }
    for (const epoll_event& event : events) {
      if (SinkConnection* connection = connection_of(event)) {
        process(*connection);
      } else if (event.data.ptr == nullptr) {
        read_commands();
      } else {
        accept_all();
      }
    }
  }

  SinkConnection* connection_of(const epoll_event& event) {
    const bool is_connection = event.data.ptr != nullptr && event.data.ptr != &listener_;
    return is_connection ? static_cast<SinkConnection*>(event.data.ptr) : nullptr;
  }

  void process(SinkConnection& connection) {
    const bool wanted_write = connection.wants_write();
    if (!connection.process()) {
      connections_.remove_if([&connection](const SinkConnection& other) { return &other == &connection; });
      return;
    }
    if (connection.wants_write() == wanted_write) return;
    watch(EPOLL_CTL_MOD, connection.fd(), EPOLLIN | (wanted_write ? 0U : EPOLLOUT), &connection);
  }

  void accept_all() {
    while (true) {
      UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket) return;
      SinkConnection& connection =
          connections_.emplace_back(std::move(socket), ++accepted_, tallies_, tls_.get(), check_);
      watch(EPOLL_CTL_ADD, connection.fd(), EPOLLIN, &connection);
    }
  }

  void watch(int how, int fd, std::uint32_t wanted, void* what) {
    epoll_event event{wanted, {.ptr = what}};
    if (::epoll_ctl(epoll_.get(), how, fd, &event) == 0) return;
    fmt::print(stderr, "bench_sink: epoll does not take a descriptor: {}\n", std::strerror(errno));
    std::exit(1);
  }

  void read_commands() {
    std::array<char, 256> bytes{};
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got <= 0) {
      stop_requested = 1;
      return;
    }
    commands_.append(bytes.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = commands_.find('\n')) != std::string::npos;) {
      const std::string command = commands_.substr(0, end);
      commands_.erase(0, end + 1);
      if (command == "begin") begin_window();
      if (command == "report") report();
    }
  }

  void begin_window() {
    window_began_ns_ = monotonic_ns();
    for (auto& [name, tally] : tallies_) {
      tally.video.begin_window();
      tally.audio.begin_window();
    }
  }

  void report() const {
    Durations video;
    Durations audio;
    std::vector<std::string> publishers;
    for (const auto& [name, tally] : tallies_) {
      video.add(tally.video.latency());
      audio.add(tally.audio.latency());
      publishers.push_back(fmt::format(R"({{"name":"{}","video":{},"audio":{}}})", name, tally.video.json(),
                                       tally.audio.json()));
    }
    const std::uint64_t now = monotonic_ns();
    fmt::print(R"({{"event":"report","ns":{},"window_ns":{},"connected":{},)", now, now - window_began_ns_,
               connections_.size());
    fmt::print(R"("video_latency":{},"audio_latency":{},"publishers":[{}]}})", video.json(), audio.json(),
               fmt::join(publishers, ","));
    fmt::print("\n");
    std::fflush(stdout);
  }

  UniqueFd epoll_;
  std::vector<epoll_event> events_;
  UniqueFd listener_;
  TlsContext tls_;  // null for plain RTMP
  Check check_;
  Tallies tallies_;
  std::list<SinkConnection> connections_;
  int accepted_ = 0;
  std::string commands_;
  std::uint64_t window_began_ns_ = monotonic_ns();
};

int run(int argc, char** argv) {
  std::uint16_t port = 0;
  std::string certificate;
  bool order_only = false;
  CLI::App app{"Takes RTMP publishes on 127.0.0.1 and measures the marked frames in them."};
  app.add_option("--port", port, "Port; 0 takes a free one");
  app.add_option("--tls-certificate", certificate, "PEM file with key and certificate: takes RTMPS instead");
  app.add_flag("--order-only", order_only,
               "Compare no content: where hundreds of streams share the processors");
  CLI11_PARSE(app, argc, argv);

  TlsContext tls;
  if (!certificate.empty()) {
    auto loaded = load_tls_context(certificate);
    if (!loaded) {
      fmt::print(stderr, "bench_sink: {}\n", loaded.error());
      return 1;
    }
    tls = std::move(*loaded);
  }

  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  Sink(port, std::move(tls), order_only ? Check::kOrder : Check::kContent).run();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
