// One publisher connected to the bench's receiver. Runs in bench_sink.
#include "sink_connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>

#include "mark.hpp"
#include "media/inspect.hpp"
#include "net/socket.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;

// Names come from our own driver; anything that would break a JSON string is replaced.
std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '?';
  }
  return text;
}

}  // namespace

SinkConnection::SinkConnection(UniqueFd socket, int number, Tallies& tallies, SSL_CTX* tls, Check check)
    : socket_(std::move(socket)),
      number_(number),
      tallies_(tallies),
      check_(check),
      tls_(tls == nullptr ? std::nullopt : std::optional<TlsServer>(std::in_place, *tls)),
      session_(*this, Clock::now()),
      buffer_(kReadBytes) {
  net::set_no_delay(fd());
  net::set_quick_ack(fd());
  print_event("open", monotonic_ns());
}

void SinkConnection::receive() {
  const ssize_t got = ::recv(fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  arrived_ns_ = monotonic_ns();
  if (got <= 0) {
    ended_ = got == 0 ? "fin" : "reset";
    return;
  }
  received_ = static_cast<std::size_t>(got);
  // While the session is set up each step would otherwise wait 40 ms for a delayed acknowledgement.
  // Afterwards the kernel's ordinary behaviour is what a platform shows.
  if (!saw_key_frame_) net::set_quick_ack(fd());
}

bool SinkConnection::process() {
  if (ended_ != nullptr) return close(ended_);
  if (received_ > 0) {
    const ByteView bytes = ByteView(buffer_).first(received_);
    received_ = 0;
    if (!take_in(bytes)) return close("protocol error");
  }
  return flush();
}

bool SinkConnection::take_in(ByteView bytes) {
  if (!tls_) return session_.feed(bytes, Clock::now()).has_value();
  decrypted_.clear();
  return tls_->feed(bytes, decrypted_) && session_.feed(decrypted_, Clock::now());
}

bool SinkConnection::flush() {
  const bool sent = tls_ ? encrypt() && send(*tls_) : send(session_);
  return sent || close("reset");
}

bool SinkConnection::encrypt() {
  const ByteView plain = session_.output();
  if (plain.empty()) return true;
  if (!tls_->write(plain)) return false;
  session_.consume_output(plain.size());
  return true;
}

template <typename Output>
bool SinkConnection::send(Output& from) {
  while (!from.output().empty()) {
    const ByteView bytes = from.output();
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    from.consume_output(static_cast<std::size_t>(sent));
  }
  return true;
}

bool SinkConnection::close(const char* how) {
  print_event("close", monotonic_ns(), fmt::format(R"(,"how":"{}","goodbye":{})", how, said_goodbye_));
  return false;
}

void SinkConnection::on_publish(const rtmp::PeerRequest& request) {
  name_ = printable(fmt::format("{}/{}", request.app, request.key.reveal()));
  tally_ = &tallies_[name_];
  print_event("publish", arrived_ns_);
  session_.accept();
}

void SinkConnection::on_play(const rtmp::PeerRequest&) {
  session_.refuse(rtmp::Refusal::kNotAllowed);
}

void SinkConnection::on_media(const media::MessageView& message) {
  if (message.kind == media::MessageKind::kData) return;
  const media::Traits traits = media::inspect(message);
  if (traits.is_sequence_header || traits.is_end_of_sequence || traits.is_empty) return;
  const bool is_video = message.kind == media::MessageKind::kVideo;
  (is_video ? tally_->video : tally_->audio).add(message, arrived_ns_, check_);
  if (saw_key_frame_ || !is_video || !traits.is_key_frame) return;
  saw_key_frame_ = true;
  const auto found = find_mark(message);
  print_event("first_key", arrived_ns_, fmt::format(R"(,"sent_ns":{})", found ? found->mark.sent_ns : 0));
}

void SinkConnection::print_event(const char* event, std::uint64_t ns, const std::string& more) const {
  fmt::print("{{\"event\":\"{}\",\"ns\":{},\"connection\":{},\"name\":\"{}\"{}}}\n", event, ns, number_,
             name_, more);
  std::fflush(stdout);
}

}  // namespace sluice::bench
