// See the header.
#include "broadcast.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "loopback.hpp"
#include "mark.hpp"
#include "net/socket.hpp"

namespace sluice::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kSetupDeadline = 10s;
constexpr std::size_t kMaxUnsentBytes = 64U << 20U;

}  // namespace

Broadcast::Broadcast(const std::string& url, const rtmp::ServerUrl& server, Show& show,
                     const std::string& key)
    : url_(url),
      show_(show),
      socket_(connect_on_loopback(server.port)),
      session_({server.app, server.tc_url, Secret(key)}, Clock::now()),
      due_(Clock::now() + kSetupDeadline) {
  if (!socket_) {
    fail(fmt::format("cannot connect to 127.0.0.1:{}.", server.port));
    return;
  }
  net::set_no_delay(fd());
  flush();
}

void Broadcast::go_on(Durations& lateness) {
  if (!begin_) {
    if (Clock::now() >= due_) fail("the server did not let us publish within 10 s.");
    return;
  }
  while (!failure_ && due_ <= Clock::now()) {
    ShowMessage& message = show_.messages[next_];
    lateness.add_ns(static_cast<std::uint64_t>((Clock::now() - due_) / 1ns));
    send(message, round_ms_ + message.timestamp_ms);
    if (++next_ == show_.messages.size()) {
      next_ = 0;
      round_ms_ += show_.length_ms;
    }
    schedule();
  }
}

void Broadcast::serve() {
  if (!begin_) net::set_quick_ack(fd());
  receive();
  if (!failure_ && !begin_ && session_.state() == rtmp::PublishState::kStreaming) begin();
  if (!failure_) flush();
}

void Broadcast::finish() {
  session_.finish();
  flush();
}

void Broadcast::begin() {
  for (const ShowMessage& header : show_.headers) session_.send({header.kind, 0, header.payload});
  begin_ = Clock::now();
  schedule();
}

void Broadcast::schedule() {
  due_ = *begin_ + std::chrono::milliseconds(round_ms_ + show_.messages[next_].timestamp_ms);
}

void Broadcast::send(ShowMessage& message, std::uint32_t time_ms) {
  if (message.mark_at) {
    std::uint64_t& sequence = message.kind == media::MessageKind::kVideo ? video_frames_ : audio_frames_;
    write_mark(message.kind, message.payload.data() + *message.mark_at,
               {sequence++, monotonic_ns(), message.digest});
  }
  session_.send({message.kind, time_ms, message.payload});
  flush();
  if (session_.output_size() > kMaxUnsentBytes) fail("the server does not read what we send.");
}

void Broadcast::receive() {
  std::array<std::uint8_t, 16384> buffer;
  const ssize_t got = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fail("the server closed the connection.");
  const auto fed = session_.feed(ByteView(buffer).first(static_cast<std::size_t>(got)), Clock::now());
  if (!fed) return fail(std::string(rtmp::sentence(fed.error())));
  const rtmp::PublishState state = session_.state();
  if (state == rtmp::PublishState::kRefused || state == rtmp::PublishState::kClosedByPeer) {
    fail(fmt::format("the server refused: {} {}", session_.refusal().code, session_.refusal().description));
  }
}

void Broadcast::flush() {
  while (!session_.output().empty()) {
    const ByteView bytes = session_.output();
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (sent < 0) return fail("the server closed the connection.");
    session_.consume_output(static_cast<std::size_t>(sent));
  }
}

}  // namespace sluice::bench
