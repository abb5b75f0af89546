// bench_sink: the platforms of a bench in one process. Takes any number of RTMP (or RTMPS) publishers on one
// port of 127.0.0.1 and reads the marks in their frames.
//
// Prints JSON lines: {"event":"listening","port":…}, then the events of sink_connection.hpp. Commands are
// lines on stdin: `begin` starts a window of measurement, `report` prints {"event":"report",…} about it. The
// end of stdin, SIGTERM or SIGINT ends it after a last report, so that it cannot outlive the driver.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <vector>

#include "loopback.hpp"
#include "sink_connection.hpp"

namespace sluice::bench {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

class Sink {
 public:
  Sink(std::uint16_t port, TlsContext tls) : listener_(listen_on_loopback(port)), tls_(std::move(tls)) {
    if (!listener_) {
      fmt::print(stderr, "bench_sink: cannot listen on 127.0.0.1:{}: {}\n", port, std::strerror(errno));
      std::exit(1);
    }
    fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", bound_port(listener_));
    std::fflush(stdout);
  }

  void run() {
    while (stop_requested == 0) serve_once();
    report();
  }

 private:
  void serve_once() {
    std::vector<pollfd> waits{{STDIN_FILENO, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const SinkConnection& connection : connections_) {
      const auto wanted = static_cast<short>(POLLIN | (connection.wants_write() ? POLLOUT : 0));
      waits.push_back({connection.fd(), wanted, 0});
    }
    if (::poll(waits.data(), waits.size(), -1) <= 0) return;
    std::size_t index = 2;
    for (SinkConnection& connection : connections_) {
      if ((waits[index++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) connection.receive();
    }
    std::erase_if(connections_, [](SinkConnection& connection) { return !connection.process(); });
    if ((waits[1].revents & POLLIN) != 0) accept_one();
    if (waits[0].revents != 0) read_commands();
  }

  void accept_one() {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) connections_.emplace_back(std::move(socket), ++accepted_, tallies_, tls_.get());
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

  UniqueFd listener_;
  TlsContext tls_;  // null for plain RTMP
  Tallies tallies_;
  std::list<SinkConnection> connections_;
  int accepted_ = 0;
  std::string commands_;
  std::uint64_t window_began_ns_ = monotonic_ns();
};

int run(int argc, char** argv) {
  std::uint16_t port = 0;
  std::string certificate;
  CLI::App app{"Takes RTMP publishes on 127.0.0.1 and measures the marked frames in them."};
  app.add_option("--port", port, "Port; 0 takes a free one");
  app.add_option("--tls-certificate", certificate, "PEM file with key and certificate: takes RTMPS instead");
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
  Sink(port, std::move(tls)).run();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
