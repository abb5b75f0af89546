// See the header.
#include "ingest/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/log.hpp"
#include "ingest/limits.hpp"
#include "net/socket.hpp"
#include "net/spawn.hpp"

namespace sluice::ingest {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

// One for all connections: they are read one after the other, and the session copies what it keeps.
std::array<std::uint8_t, kReadBytes>& read_buffer() {
  static std::array<std::uint8_t, kReadBytes> buffer;
  return buffer;
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Connection::Connection(asio::io_context& io, UniqueFd socket, Directory& directory)
    : io_(io),
      socket_(io, socket.release()),
      directory_(directory),
      session_(*this, Clock::now()),
      last_read_(Clock::now()),
      last_write_(last_read_) {
  const net::PeerAddress peer = net::peer_address(socket_.native_handle());
  address_ = peer.text;
  from_loopback_ = peer.loopback;
  net::set_no_delay(socket_.native_handle());
  net::set_keepalive(socket_.native_handle());
}

Connection::~Connection() = default;

void Connection::start() {
  auto self = shared_from_this();
  asio::co_spawn(io_, [self] { return self->read_until_closed(); }, net::rethrow);
}

// ---- bytes --------------------------------------------------------------------------------------------

awaitable<void> Connection::read_until_closed() {
  const auto self = shared_from_this();
  while (!closed()) {
    int reads = 0;
    while (reads < kReadsPerTurn && !closed() && read_some()) ++reads;
    if (publishing_into_ != nullptr) publishing_into_->flush();
    flush();
    if (closed()) break;
    if (!session_.publishing()) net::set_quick_ack(socket_.native_handle());
    error_code error;
    co_await socket_.async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
  }
}

bool Connection::read_some() {
  auto& buffer = read_buffer();
  const auto n = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
  if (n < 0 && would_block()) return false;
  if (n <= 0) {
    close();
    return false;
  }
  last_read_ = Clock::now();
  if (phase_ == Phase::kOpen) received({buffer.data(), static_cast<std::size_t>(n)});
  return static_cast<std::size_t>(n) == buffer.size();
}

void Connection::received(ByteView bytes) {
  const auto parsed = session_.feed(bytes, last_read_);
  if (parsed) return;
  log::warning("connection dropped", {{"address", address_}, {"why", rtmp::sentence(parsed.error())}});
  stop_publishing(false);
  drain();
}

void Connection::flush() {
  if (closed() || waiting_to_write_) return;
  while (!session_.output().empty()) {
    const ByteView out = session_.output();
    const auto n = ::send(socket_.native_handle(), out.data(), out.size(), MSG_NOSIGNAL);
    if (n < 0 && would_block()) {
      waiting_to_write_ = true;
      asio::co_spawn(io_, [self = shared_from_this()] { return self->flush_when_writable(); }, net::rethrow);
      return;
    }
    if (n < 0) {
      close();
      return;
    }
    session_.consume_output(static_cast<std::size_t>(n));
    last_write_ = Clock::now();
    if (session_.output().empty() && player_ && session_.playing()) player_->pump(session_);
  }
  last_write_ = Clock::now();
  if (phase_ == Phase::kDraining) ::shutdown(socket_.native_handle(), SHUT_WR);
}

awaitable<void> Connection::flush_when_writable() {
  const auto self = shared_from_this();
  error_code error;
  co_await socket_.async_wait(Descriptor::wait_write, asio::redirect_error(use_awaitable, error));
  waiting_to_write_ = false;
  if (!error) flush();
}

// ---- publishing ---------------------------------------------------------------------------------------

void Connection::on_publish(const rtmp::PeerRequest& request) {
  const auto source = directory_.claim(*this, request);
  if (!source) {
    session_.refuse(source.error());
    drain();
    return;
  }
  publishing_into_ = *source;
  log::info("publisher connected",
            {{"source", publishing_into_->id()}, {"address", address_}, {"software", request.software}});
  session_.accept();
}

void Connection::on_media(const media::MessageView& message) {
  if (publishing_into_ == nullptr) return;
  if (const auto written = publishing_into_->write(message, last_read_); !written) {
    log::warning("publisher dropped", {{"address", address_}, {"why", ring::sentence(written.error())}});
    stop_publishing(false);
    drain();
  }
}

void Connection::on_unpublish() {
  stop_publishing(true);
}

void Connection::stop_publishing(bool cleanly) {
  if (publishing_into_ == nullptr) return;
  Source& source = *std::exchange(publishing_into_, nullptr);
  log::info(cleanly ? "publisher stopped" : "publisher lost",
            {{"source", source.id()}, {"address", address_}});
  directory_.released(*this, source, cleanly);
}

void Connection::evict(rtmp::Refusal why, std::string_view description) {
  if (publishing_into_ == nullptr) return;
  publishing_into_ = nullptr;
  log::info("publisher replaced", {{"address", address_}, {"why", description}});
  session_.end_publish(why, description);
  drain();
  flush();
}

// ---- playing ------------------------------------------------------------------------------------------

void Connection::on_play(const rtmp::PeerRequest& request) {
  if (!from_loopback_ && !directory_.serves_players_from_anywhere()) {
    log::warning("play refused: not from this machine", {{"address", address_}});
    session_.refuse(rtmp::Refusal::kNotAllowed);
    drain();
    return;
  }
  playing_from_ = directory_.find(request);
  if (playing_from_ == nullptr) {
    session_.refuse(rtmp::Refusal::kNotFound);
    drain();
    return;
  }
  log::info("player connected", {{"source", playing_from_->id()}, {"address", address_}});
  playing_from_->attach(*this);
  session_.accept();
  source_written();
}

void Connection::source_written() {
  if (!player_ && playing_from_->ring()) {
    if (auto reader = ring::Reader::open(playing_from_->ring()->fd())) player_.emplace(std::move(*reader));
  }
  if (!player_ || !session_.playing() || !session_.output().empty()) return;
  player_->pump(session_);
  flush();
}

void Connection::on_play_stop() {
  stop_playing();
}

void Connection::stop_playing() {
  if (playing_from_ == nullptr) return;
  std::exchange(playing_from_, nullptr)->detach(*this);
  player_.reset();
}

void Connection::forget(const Source& source) {
  if (publishing_into_ == &source) evict(rtmp::Refusal::kWrongKey, "this source was removed");
  if (playing_from_ != &source) return;
  stop_playing();
  session_.send_play_end();
  drain();
  flush();
}

// ---- the end ------------------------------------------------------------------------------------------

void Connection::drain() {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kDraining;
  draining_since_ = Clock::now();
}

void Connection::close() {
  if (closed()) return;
  stop_publishing(false);
  stop_playing();
  phase_ = Phase::kClosed;
  socket_.close();
}

void Connection::sweep(Instant now) {
  if (closed()) return;
  const auto setup = session_.setup_deadline();
  if (phase_ == Phase::kDraining) {
    if (now - draining_since_ > kDrain) close();
  } else if (setup && now >= *setup) {
    log::info("connection closed: it did not publish or play in time", {{"address", address_}});
    close();
  } else if (session_.publishing() && now - last_read_ > kSilentPublisher) {
    log::warning("publisher silent: closed", {{"address", address_}});
    close();
  } else if (session_.playing() && !session_.output().empty() && now - last_write_ > kStuckPlayer) {
    log::info("player does not read: closed", {{"address", address_}});
    close();
  }
}

}  // namespace sluice::ingest
