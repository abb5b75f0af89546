// One publisher connected to the test receiver. Runs in rtmp_sink.
#include "sink_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "media/inspect.hpp"
#include "net/socket.hpp"

namespace sluice::tools {
namespace {
constexpr std::size_t kReadBytes = 256U << 10U;
}

SinkConnection::SinkConnection(UniqueFd socket, const Treatment& treatment, const Outputs& outputs,
                               int number, Totals& totals)
    : socket_(std::move(socket)),
      treatment_(treatment),
      journal_(outputs.journals, number),
      recording_(outputs.recordings, number),
      totals_(totals),
      session_(*this, Clock::now()),
      accepted_at_(Clock::now()) {
  net::set_no_delay(fd());
  net::set_quick_ack(fd());
  journal_.event("accepted");
}

bool SinkConnection::due(const std::optional<std::chrono::milliseconds>& delay, Instant now) const {
  return delay && published_at_ && now >= *published_at_ + *delay;
}

bool SinkConnection::wants_read(Instant now) const {
  if (due(treatment_.stop_reading_after, now)) return false;
  if (!treatment_.read_bytes_per_second) return true;
  const double seconds = std::chrono::duration<double>(now - accepted_at_).count();
  return static_cast<double>(read_bytes_) < seconds * static_cast<double>(*treatment_.read_bytes_per_second);
}

bool SinkConnection::serve(bool readable, Instant now) {
  if (due(treatment_.reset_after, now)) {
    net::set_reset_on_close(fd());
    journal_.event("closed", {{"how", "reset by us"}});
    return false;
  }
  if (due(treatment_.close_after, now)) {
    journal_.event("closed", {{"how", "closed by us"}});
    return false;
  }
  if (readable && !read_some(now)) return false;
  if (!write_some()) return false;
  if (refused_ && session_.output().empty()) {
    journal_.event("closed", {{"how", "refused"}});
    return false;
  }
  return true;
}

bool SinkConnection::read_some(Instant now) {
  static std::array<std::uint8_t, kReadBytes> buffer;
  const ssize_t got = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) {
    journal_.event("closed", {{"how", got == 0 ? "fin" : "reset"}});
    return false;
  }
  arrived_ns_ = monotonic_ns();
  read_bytes_ += static_cast<std::uint64_t>(got);
  totals_.bytes += static_cast<std::uint64_t>(got);
  // While the session is set up each step would otherwise wait 40 ms for a delayed acknowledgement.
  if (!session_.publishing()) net::set_quick_ack(fd());
  const auto fed = session_.feed(ByteView(buffer.data(), static_cast<std::size_t>(got)), now);
  journal_.flush();
  recording_.flush();
  if (!fed) {
    journal_.event("closed", {{"how", "protocol"}, {"why", rtmp::sentence(fed.error())}});
    return false;
  }
  return true;
}

bool SinkConnection::write_some() {
  while (!session_.output().empty()) {
    const ByteView bytes = session_.output();
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (sent < 0) {
      journal_.event("closed", {{"how", "reset"}});
      return false;
    }
    session_.consume_output(static_cast<std::size_t>(sent));
  }
  return true;
}

void SinkConnection::on_publish(const rtmp::PeerRequest& request) {
  journal_.event("publish", {{"app", request.app},
                             {"tc_url", request.tc_url},
                             {"key_hash", short_hash(as_bytes(request.key.reveal()))},
                             {"software", request.software}});
  if (treatment_.refuse_publish) {
    refused_ = true;
    session_.refuse(rtmp::Refusal::kInUse);
    return;
  }
  published_at_ = Clock::now();
  session_.accept();
}

void SinkConnection::on_play(const rtmp::PeerRequest&) {
  refused_ = true;
  session_.refuse(rtmp::Refusal::kNotAllowed);
}

void SinkConnection::on_media(const media::MessageView& message) {
  journal_.message(message, arrived_ns_);
  recording_.message(message);
  if (message.kind == media::MessageKind::kAudio) ++totals_.audio;
  if (message.kind != media::MessageKind::kVideo) return;
  const media::Traits traits = media::inspect(message);
  if (traits.is_sequence_header || traits.is_end_of_sequence) return;
  ++totals_.video;
  if (traits.is_key_frame) ++totals_.key_frames;
}

void SinkConnection::on_unpublish() {
  journal_.event("unpublish");
}

}  // namespace sluice::tools
