// bench_limit: the least that sending one show to N platforms can cost. One thread takes one publisher, cuts
// each message into chunks once, and writes the same bytes to N sockets, plain or over TLS. It restarts
// nothing, drops nothing, switches nothing and tells nobody anything. With --processes each socket has a
// process of its own that is woken once for each picture, and for nothing else.
//
// The destinations are set up first, with the keys k1 to kN, so that all begin with the show. Prints
// {"event":"listening","port":…}, then waits for the publisher. Its end, a signal or the end of stdin
// ends the program.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "limit/destination.hpp"
#include "limit/reader_process.hpp"
#include "loopback.hpp"
#include "net/socket.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;
constexpr int kEvents = 64;

class Limit final : private rtmp::ServerEvents {
 public:
  Limit(std::list<Destination> destinations, bool processes)
      : destinations_(std::move(destinations)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        listener_(listen_on_loopback(0)),
        session_(*this, Clock::now()),
        buffer_(kReadBytes) {
    // Before there is anything that they should not have.
    if (processes) processes_.emplace(destinations_);
    watch(STDIN_FILENO, nullptr);
    watch(listener_.get(), &listener_);
    if (!processes_) {
      for (Destination& destination : destinations_) watch(destination.fd(), &destination);
    }
    fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", bound_port(listener_));
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, kEvents> events{};
    while (!over_) {
      const int ready = ::epoll_wait(epoll_.get(), events.data(), kEvents, -1);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
  }

 private:
  void serve(const epoll_event& event) {
    if (event.data.ptr == nullptr) {
      over_ = true;
    } else if (event.data.ptr == &listener_) {
      accept_publisher();
    } else if (event.data.ptr == &publisher_) {
      receive();
    } else {
      serve(*static_cast<Destination*>(event.data.ptr), event.events);
    }
  }

  void serve(Destination& destination, std::uint32_t ready) {
    if ((ready & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) destination.drop_input();
    if ((ready & EPOLLOUT) == 0) return;
    destination.send_rest();
    if (!destination.has_rest()) change(destination, EPOLLIN);
  }

  void accept_publisher() {
    if (publisher_) return;
    publisher_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!publisher_) fail("the publisher went away.");
    net::set_no_delay(publisher_.get());
    watch(publisher_.get(), &publisher_);
  }

  void receive() {
    const ssize_t got = ::recv(publisher_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    over_ = got <= 0 || !session_.feed(ByteView(buffer_).first(static_cast<std::size_t>(got)), Clock::now());
    forward();
    answer();
  }

  void on_publish(const rtmp::PeerRequest&) override { session_.accept(); }
  void on_play(const rtmp::PeerRequest&) override { session_.refuse(rtmp::Refusal::kNotAllowed); }
  void on_media(const media::MessageView& message) override {
    chunker().send(message);
    picture_ = picture_ || message.kind == media::MessageKind::kVideo;
  }
  void on_unpublish() override { over_ = true; }
  void on_play_stop() override {}

  rtmp::PublishSession& chunker() { return destinations_.front().session(); }

  void forward() {
    const ByteView chunks = chunker().output();
    if (chunks.empty()) return;
    if (processes_) {
      processes_->write(chunks);
      if (std::exchange(picture_, false)) processes_->wake();
      chunker().consume_output(chunks.size());
      return;
    }
    for (Destination& destination : destinations_) {
      const bool had_rest = destination.has_rest();
      destination.send(chunks);
      if (destination.has_rest() && !had_rest) change(destination, EPOLLIN | EPOLLOUT);
    }
    chunker().consume_output(chunks.size());
  }

  void answer() {
    const ByteView bytes = session_.output();
    if (bytes.empty()) return;
    const ssize_t sent = ::send(publisher_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // A few hundred bytes to one that reads: nothing is ever left over.
    if (sent != static_cast<ssize_t>(bytes.size())) fail("the publisher does not read what we answer.");
    session_.consume_output(bytes.size());
  }

  void watch(int fd, void* what) {
    epoll_event event{EPOLLIN, {.ptr = what}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll does not take a descriptor.");
  }

  void change(Destination& destination, std::uint32_t wanted) {
    epoll_event event{wanted, {.ptr = &destination}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, destination.fd(), &event);
  }

  std::list<Destination> destinations_;
  UniqueFd epoll_;
  UniqueFd listener_;
  UniqueFd publisher_;
  rtmp::ServerSession session_;
  std::vector<std::uint8_t> buffer_;
  bool over_ = false;
  std::optional<ReaderProcesses> processes_;
  bool picture_ = false;  // one that the processes were not woken for
};

std::optional<net::TlsOptions> tls_options(const std::string& ca_path) {
  if (ca_path.empty()) return std::nullopt;
  std::ifstream file(ca_path, std::ios::binary);
  return net::TlsOptions{"127.0.0.1", std::string(std::istreambuf_iterator<char>(file), {})};
}

int run(int argc, char** argv) {
  std::uint16_t port = 0;
  int count = 1;
  std::string ca_path;
  CLI::App app{"Writes what one publisher sends to N sockets: the least that a relay can cost."};
  app.add_option("--receiver", port, "Port of bench_sink on 127.0.0.1")->required();
  app.add_option("--count", count, "How many sockets")->check(CLI::PositiveNumber);
  bool processes = false;
  app.add_flag("--processes", processes, "A process for each socket");
  app.add_option("--tls-ca", ca_path, "PEM file of the receiver's authority: RTMPS instead of RTMP");
  CLI11_PARSE(app, argc, argv);

  std::list<Destination> destinations;
  for (int i = 1; i <= count; ++i)
    destinations.emplace_back(port, fmt::format("k{}", i), tls_options(ca_path));
  Limit(std::move(destinations), processes).run();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
