// bench_publisher: publishes an FLV file in real time, over and over, like OBS, with a mark in each frame.
//
// Prints JSON lines: {"event":"publishing"} when the first message goes out, {"event":"done"} with how late
// frames were handed to the socket. SIGTERM, SIGINT or the end of stdin ends the show properly, so that it
// cannot outlive the driver. Exit code 1 with a sentence on stderr when the server refuses or goes away.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "loopback.hpp"
#include "mark.hpp"
#include "net/socket.hpp"
#include "rtmp/publish_session.hpp"
#include "rtmp/url.hpp"
#include "show.hpp"
#include "tally.hpp"

namespace sluice::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kSetupDeadline = 10s;
constexpr auto kGoodbyeDeadline = 500ms;
constexpr std::size_t kMaxUnsentBytes = 64U << 20U;

volatile std::sig_atomic_t stop_requested = 0;

[[noreturn]] void fail(std::string_view sentence) {
  fmt::print(stderr, "bench_publisher: {}\n", sentence);
  std::exit(1);
}

class Publisher {
 public:
  Publisher(const rtmp::ServerUrl& server, std::string key)
      : socket_(connect_on_loopback(server.port)),
        session_({server.app, server.tc_url, Secret(std::move(key))}, Clock::now()) {
    if (!socket_) fail(fmt::format("cannot connect to 127.0.0.1:{}.", server.port));
    net::set_no_delay(socket_.get());
  }

  void set_up() {
    const Instant deadline = Clock::now() + kSetupDeadline;
    while (session_.state() != rtmp::PublishState::kStreaming) {
      if (Clock::now() >= deadline) fail("the server did not let us publish within 10 s.");
      net::set_quick_ack(socket_.get());
      serve_until(Clock::now() + 100ms);
      if (stop_requested != 0) std::exit(0);
    }
  }

  void play(Show& show) {
    fmt::print("{{\"event\":\"publishing\",\"ns\":{}}}\n", monotonic_ns());
    std::fflush(stdout);
    for (const ShowMessage& header : show.headers) session_.send({header.kind, 0, header.payload});
    flush();
    const Instant begin = Clock::now();
    for (std::uint32_t round_ms = 0; stop_requested == 0; round_ms += show.length_ms) {
      for (ShowMessage& message : show.messages) {
        const std::uint32_t time_ms = round_ms + message.timestamp_ms;
        const Instant due = begin + std::chrono::milliseconds(time_ms);
        while (stop_requested == 0 && Clock::now() < due) serve_until(due);
        if (stop_requested != 0) break;
        send(message, time_ms, due);
      }
    }
  }

  void say_goodbye() {
    session_.finish();
    const Instant deadline = Clock::now() + kGoodbyeDeadline;
    while (!session_.output().empty() && Clock::now() < deadline) serve_until(deadline);
    fmt::print("{{\"event\":\"done\",\"frames\":{},\"lateness\":{}}}\n", video_frames_, lateness_.json());
  }

 private:
  void send(ShowMessage& message, std::uint32_t time_ms, Instant due) {
    lateness_.add_ns(static_cast<std::uint64_t>((Clock::now() - due) / 1ns));
    if (message.mark_at) {
      std::uint64_t& sequence = message.kind == media::MessageKind::kVideo ? video_frames_ : audio_frames_;
      write_mark(message.kind, message.payload.data() + *message.mark_at,
                 {sequence++, monotonic_ns(), message.digest});
    }
    session_.send({message.kind, time_ms, message.payload});
    flush();
    if (session_.output_size() > kMaxUnsentBytes) fail("the server does not read what we send.");
  }

  // Waits for the socket or until `time`, whichever is first, and does what the socket allows.
  void serve_until(Instant time) {
    const auto left = std::max<Duration>(time - Clock::now(), 0ns);
    const timespec timeout{left / 1s, (left % 1s) / 1ns};
    const auto wanted = static_cast<short>(POLLIN | (session_.output().empty() ? 0 : POLLOUT));
    std::array<pollfd, 2> waits{{{socket_.get(), wanted, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (::ppoll(waits.data(), waits.size(), &timeout, nullptr) <= 0) return;
    if (waits[1].revents != 0) stop_requested = 1;
    if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
    flush();
  }

  void receive() {
    std::array<std::uint8_t, 16384> buffer{};
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) fail("the server closed the connection.");
    if (const auto fed = session_.feed(ByteView(buffer).first(static_cast<std::size_t>(got)), Clock::now());
        !fed) {
      fail(rtmp::sentence(fed.error()));
    }
    const rtmp::PublishState state = session_.state();
    if (state == rtmp::PublishState::kRefused || state == rtmp::PublishState::kClosedByPeer) {
      fail(fmt::format("the server refused: {} {}", session_.refusal().code, session_.refusal().description));
    }
  }

  void flush() {
    while (!session_.output().empty()) {
      const ByteView bytes = session_.output();
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (sent < 0) fail("the server closed the connection.");
      session_.consume_output(static_cast<std::size_t>(sent));
    }
  }

  UniqueFd socket_;
  rtmp::PublishSession session_;
  std::uint64_t video_frames_ = 0;
  std::uint64_t audio_frames_ = 0;
  Durations lateness_;
};

int run(int argc, char** argv) {
  std::string path;
  std::string url;
  std::string key;
  CLI::App app{"Publishes an FLV file in real time to a server on this machine, with a mark in each frame."};
  app.add_option("--file", path, "FLV file with H.264")->required();
  app.add_option("--url", url, "rtmp://127.0.0.1:PORT/APP")->required();
  app.add_option("--key", key, "Stream key; empty by default");
  CLI11_PARSE(app, argc, argv);

  const auto server = rtmp::parse_server_url(url);
  if (!server) fail(rtmp::sentence(server.error()));
  if (server->host != "127.0.0.1" || server->tls) fail("the server must be an rtmp:// URL at 127.0.0.1.");
  auto show = load_show(path);
  if (!show) fail(show.error());

  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  Publisher publisher(*server, std::move(key));
  publisher.set_up();
  publisher.play(*show);
  publisher.say_goodbye();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run(argc, argv);
}
