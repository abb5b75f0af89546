// See the header.
#include "ingest/viewer.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

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

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Viewer::Viewer(asio::io_context& io, UniqueFd socket)
    : io_(io), socket_(io, socket.release()), last_progress_(Clock::now()) {
  const int fd = socket_.native_handle();
  address_ = net::peer_address(fd).text;
  net::set_no_delay(fd);
  net::set_keepalive(fd);
  net::set_user_timeout(fd, kVanishedViewer);
  net::set_unsent_limit(fd, kUnsentBytes);
}

void Viewer::watch(Source& source) {
  auto reader = ring::Reader::open(source.ring()->fd());
  if (!reader) return refuse(WatchRefusal::kNoMemory);
  log::info("viewer connected", {{"source", source.id()}, {"address", address_}});
  append(batch_, as_bytes(flv_answer_head()));
  player_.emplace(std::move(*reader));
  source_ = &source;
  source.attach(*this);
  start();
}

void Viewer::refuse(WatchRefusal why) {
  append(batch_, as_bytes(answer_of(why)));
  start();
}

void Viewer::start() {
  asio::co_spawn(io_, [self = shared_from_this()] { return self->read_until_closed(); }, net::rethrow);
  flush();
}

// ---- what the client sends is of no interest, only that it is still there
// ----------------------------------

awaitable<void> Viewer::read_until_closed() {
  const auto self = shared_from_this();
  while (!closed()) {
    int reads = 0;
    while (reads < kReadsPerTurn && discard_some()) ++reads;
    if (closed()) break;
    error_code error;
    co_await socket_.async_wait(Descriptor::wait_read, asio::redirect_error(use_awaitable, error));
  }
}

bool Viewer::discard_some() {
  std::array<char, 4096> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
  const auto n = ::recv(socket_.native_handle(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  if (n > 0) return true;
  if (n == 0 || !would_block()) close();
  return false;
}

// ---- what it gets
// ------------------------------------------------------------------------------------------

void Viewer::source_written() {
  flush();
}

void Viewer::flush() {
  for (int sends = 0; !closed() && !waiting_to_write_; ++sends) {
    if (sent_ == batch_.size() && !next_batch()) return;
    // One that takes everything at once must not keep the others waiting until it has the whole ring.
    if (sends == kSendsPerTurn) return wait_to_write();
    if (!send_some()) return;
  }
}

bool Viewer::next_batch() {
  batch_.clear();
  sent_ = 0;
  if (player_) player_->pump(batch_);
  if (!batch_.empty()) return true;
  last_progress_ = Clock::now();
  if (!player_ || player_->ended()) drain();
  return false;
}

bool Viewer::send_some() {
  const ByteView rest = ByteView(batch_).subspan(sent_);
  const auto n = ::send(socket_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n >= 0) {
    sent_ += static_cast<std::size_t>(n);
    last_progress_ = Clock::now();
    return true;
  }
  if (would_block()) {
    wait_to_write();
  } else {
    close();
  }
  return false;
}

void Viewer::wait_to_write() {
  waiting_to_write_ = true;
  asio::co_spawn(io_, [self = shared_from_this()] { return self->flush_when_writable(); }, net::rethrow);
}

awaitable<void> Viewer::flush_when_writable() {
  const auto self = shared_from_this();
  error_code error;
  co_await socket_.async_wait(Descriptor::wait_write, asio::redirect_error(use_awaitable, error));
  waiting_to_write_ = false;
  if (!error) flush();
}

// ---- the end
// ------------------------------------------------------------------------------------------------

void Viewer::forget(const Source& source) {
  if (source_ == &source) close();
}

void Viewer::leave_source() {
  if (source_ == nullptr) return;
  log::info("viewer gone", {{"source", source_->id()}, {"address", address_}});
  std::exchange(source_, nullptr)->detach(*this);
}

// Closing with something unread would turn the last bytes into a reset: the client closes first.
void Viewer::drain() {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kDraining;
  draining_since_ = Clock::now();
  leave_source();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Viewer::close() {
  if (closed()) return;
  phase_ = Phase::kClosed;
  leave_source();
  socket_.close();
}

void Viewer::sweep(Instant now) {
  if (phase_ == Phase::kDraining) {
    if (now - draining_since_ > kDrain) close();
  } else if (phase_ == Phase::kOpen && sent_ < batch_.size() && now - last_progress_ > kStuckViewer) {
    log::info("viewer does not read: closed", {{"address", address_}});
    net::set_reset_on_close(socket_.native_handle());
    close();
  }
}

}  // namespace sluice::ingest
