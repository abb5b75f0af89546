// A platform for tests and for the demo: accepts RTMP publishes and writes down what arrives. Listens on
// 127.0.0.1 unless told otherwise (an address in a network namespace).
//
// Prints "listening ADDRESS:PORT" when it is ready. Each connection gets a journal, and a recording, of its
// own; see sink_journal.hpp. Ends at SIGTERM or SIGINT.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <list>
#include <string>
#include <vector>

#include "sink_connection.hpp"

namespace sluice::tools {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  Outputs outputs;
  bool stats = false;
  int receive_buffer_bytes = 0;  // 0: the kernel's choice, which grows to tens of seconds of a stream
  Treatment treatment;
};

UniqueFd listen_on(const std::string& host, std::uint16_t port, int receive_buffer_bytes) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (receive_buffer_bytes > 0) {  // connections inherit it
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    fmt::print(stderr, "rtmp_sink: {} is no IPv4 address\n", host);
    std::exit(2);
  }
  if (::bind(socket.get(), plain, length) != 0 || ::listen(socket.get(), 128) != 0 ||
      ::getsockname(socket.get(), plain, &length) != 0) {
    fmt::print(stderr, "rtmp_sink: cannot listen on {}:{}: {}\n", host, port, std::strerror(errno));
    std::exit(3);
  }
  fmt::print("listening {}:{}\n", host, ntohs(address.sin_port));
  std::fflush(stdout);
  return socket;
}

class Receiver {
 public:
  explicit Receiver(Options options)
      : options_(std::move(options)),
        listener_(listen_on(options_.address, options_.port, options_.receive_buffer_bytes)) {}

  void run() {
    Instant next_stats = Clock::now() + std::chrono::seconds(1);
    while (stop_requested == 0) {
      poll_once();
      if (options_.stats && Clock::now() >= next_stats) {
        print_stats();
        next_stats += std::chrono::seconds(1);
      }
    }
  }

 private:
  void poll_once() {
    const Instant before = Clock::now();
    std::vector<pollfd> waits{{listener_.get(), POLLIN, 0}};
    bool timed = options_.stats;
    for (const SinkConnection& connection : connections_) {
      const bool read = connection.wants_read(before);
      timed |= !read || options_.treatment.close_after || options_.treatment.reset_after;
      waits.push_back({connection.fd(),
                       static_cast<short>((read ? POLLIN : 0) | (connection.wants_write() ? POLLOUT : 0)),
                       0});
    }
    ::poll(waits.data(), waits.size(), timed ? 20 : 1000);
    const Instant now = Clock::now();
    std::size_t index = 1;
    for (auto it = connections_.begin(); it != connections_.end(); ++index) {
      // A hang-up is seen by reading; one that must not be read is left until its time has come.
      const bool readable =
          (waits[index].events & POLLIN) != 0 && (waits[index].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
      it = it->serve(readable, now) ? std::next(it) : connections_.erase(it);
    }
    if ((waits.front().revents & POLLIN) != 0) accept_one();
  }

  void accept_one() {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    connections_.emplace_back(std::move(socket), options_.treatment, options_.outputs, ++accepted_, totals_);
  }

  void print_stats() {
    std::size_t publishing = 0;
    for (const SinkConnection& connection : connections_) publishing += connection.publishing() ? 1 : 0;
    fmt::print("stats publishing={} fps={} audio={} kbps={} key_frames={}\n", publishing,
               totals_.video - last_.video, totals_.audio - last_.audio,
               (totals_.bytes - last_.bytes) * 8 / 1000, totals_.key_frames);
    std::fflush(stdout);
    last_ = totals_;
  }

  Options options_;
  UniqueFd listener_;
  std::list<SinkConnection> connections_;
  int accepted_ = 0;
  Totals totals_;
  Totals last_;
};

int run(int argc, char** argv) {
  Options options;
  std::uint32_t close_after_ms = 0;
  std::uint32_t reset_after_ms = 0;
  std::uint32_t stop_reading_after_ms = 0;
  std::uint64_t rate = 0;
  CLI::App app{"Accepts RTMP publishes and writes down what arrives."};
  app.add_option("--address", options.address, "IPv4 address to listen on");
  app.add_option("--port", options.port, "Port; 0 takes a free one");
  app.add_option("--journal", options.outputs.journals,
                 "Existing directory for one .jsonl file per connection");
  app.add_option("--record", options.outputs.recordings,
                 "Existing directory for one .flv file per connection");
  app.add_flag("--stats", options.stats, "Print a line of figures each second");
  app.add_flag("--refuse-publish", options.treatment.refuse_publish, "Answer NetStream.Publish.BadName");
  const auto* close = app.add_option("--close-after-ms", close_after_ms, "Close so long after a publish");
  const auto* reset = app.add_option("--reset-after-ms", reset_after_ms, "Reset so long after a publish");
  const auto* stall =
      app.add_option("--stop-reading-after-ms", stop_reading_after_ms, "Then never read again");
  app.add_option("--receive-buffer", options.receive_buffer_bytes, "SO_RCVBUF of each connection");
  const auto* slow = app.add_option("--rate", rate, "Read at most so many bytes per second");
  CLI11_PARSE(app, argc, argv);
  if (*close) options.treatment.close_after.emplace(close_after_ms);
  if (*reset) options.treatment.reset_after.emplace(reset_after_ms);
  if (*stall) options.treatment.stop_reading_after.emplace(stop_reading_after_ms);
  if (*slow) options.treatment.read_bytes_per_second = rate;

  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  Receiver(std::move(options)).run();
  return 0;
}

}  // namespace
}  // namespace sluice::tools

int main(int argc, char** argv) {
  return sluice::tools::run(argc, argv);
}
