// See the header.
#include "relay/stream_driver.hpp"

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "net/connect.hpp"
#include "net/socket.hpp"
#include "net/spawn.hpp"
#include "os/shared_memory.hpp"

namespace sluice::relay {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr int kReadsPerTurn = 16;
constexpr int kWritesPerTurn = 16;

static_assert(net::kOpenDeadline < kConnectingDeadline, "the machine must hear why a connect failed");

std::int64_t unix_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Of a moment that is yet to come.
std::int64_t unix_ms_of(Instant moment) {
  const auto wait = std::chrono::duration_cast<WallClock::duration>(moment - Clock::now());
  return unix_ms(WallClock::now() + wait);
}

rtmp::PublishTarget target_of(const rtmp::ServerUrl& server, const Secret& key) {
  return {server.app, server.tc_url, key};
}

// nullptr: damaged.
std::shared_ptr<const media::Clip> open_clip(UniqueFd file) {
  const auto bytes = os::shared_memory_size(file.get()).value_or(0);
  const auto shared = std::make_shared<UniqueFd>(std::move(file));
  const auto read = [shared](std::uint64_t offset, std::span<std::uint8_t> out) {
    return !os::read_at(shared->get(), offset, out);
  };
  auto clip = media::Clip::open(read, bytes);
  if (!clip) {
    log::warning("clip not used", {{"why", media::sentence(clip.error())}});
    return nullptr;
  }
  return std::make_shared<const media::Clip>(std::move(*clip));
}

std::optional<rtmp::PublishTarget> backup_of(const std::vector<rtmp::ServerUrl>& servers, const Secret& key) {
  if (servers.size() < 2) return std::nullopt;
  return target_of(servers[1], key);
}

}  // namespace

StreamDriver::StreamDriver(asio::io_context& io, control::ConfigureRelay config,
                           std::vector<rtmp::ServerUrl> servers, control::ProgressMap progress,
                           Callbacks callbacks)
    : io_(io),
      config_(std::move(config)),
      servers_(std::move(servers)),
      progress_(std::move(progress)),
      callbacks_(std::move(callbacks)),
      machine_(target_of(servers_.front(), config_.key),
               static_cast<std::uint64_t>(Clock::now().time_since_epoch().count() + config_.stream),
               Clock::now(), backup_of(servers_, config_.key)),
      timer_(io),
      last_sent_at_(Clock::now()),
      kbps_since_(Clock::now()) {
  if (const auto position = progress_.load_position()) machine_.resume_from(*position);
  const auto& page = progress_.page();
  kbps_bytes_ = page.sent_bytes.load(std::memory_order_relaxed);
  earlier_reconnects_ = page.reconnects.load(std::memory_order_relaxed);
  earlier_dropped_video_ = page.dropped_video.load(std::memory_order_relaxed);
  earlier_dropped_audio_ = page.dropped_audio.load(std::memory_order_relaxed);
}

void StreamDriver::start() {
  heartbeat();
  arm_timer();
  report();
}

void StreamDriver::close() {
  closed_ = true;
  timer_.cancel();
  drop_connection(true);
}

// A coroutine in which an exception ends the process. It keeps this object alive.
void StreamDriver::spawn(awaitable<void> coroutine) {
  asio::co_spawn(io_, std::move(coroutine),
                 [self = shared_from_this()](const std::exception_ptr& error) { net::rethrow(error); });
}

void StreamDriver::use_source(std::shared_ptr<const MessageSource> source) {
  machine_.use_source(source.get(), Clock::now());
  source_ = std::move(source);
  step();
}

void StreamDriver::source_woken() {
  machine_.source_woken(Clock::now());
  step();
}

void StreamDriver::set_policy(const control::HoldPolicy& policy) {
  machine_.set_policy(policy, Clock::now());
  step();
}

void StreamDriver::use_clip(UniqueFd file) {
  machine_.use_clip(file ? open_clip(std::move(file)) : nullptr);
}

void StreamDriver::lose_source() {
  machine_.source_lost(Clock::now());
  step();
}

void StreamDriver::retry_now() {
  machine_.retry_now(Clock::now());
  step();
}

void StreamDriver::end() {
  machine_.end(Clock::now());
  step();
}

void StreamDriver::hand_over() {
  log::info("handing over to a successor", {{"stream", config_.stream}});
  machine_.hand_over(Clock::now());
  step();
}

void StreamDriver::stay() {
  machine_.stay();
  step();
}

// ---- the connection -----------------------------------------------------------------------------------

awaitable<void> StreamDriver::connect(std::uint64_t connection) {
  if (connection != connection_) co_return;
  net::ConnectRequest request{server().host, server().port, std::nullopt};
  if (server().tls) request.tls = net::TlsOptions{server().host, config_.tls_ca};
  auto transport = co_await net::open_transport(std::move(request));
  if (connection != connection_) co_return;
  connecting_ = false;
  if (!transport) {
    log::info("connect failed", {{"stream", config_.stream}, {"detail", transport.error().detail}});
    machine_.connect_failed(from_net(transport.error()), Clock::now());
    step();
    co_return;
  }
  transport_ = std::move(*transport);
  socket_.emplace(io_, transport_->fd());
  machine_.connected(Clock::now());
  step();
  if (connection == connection_) spawn(read_until_closed(connection));
}

awaitable<void> StreamDriver::read_until_closed(std::uint64_t connection) {
  std::array<std::uint8_t, kReadBytes> buffer;
  for (int reads = 1;; ++reads) {
    // A platform that floods us must not keep us from heartbeat and orders.
    if (reads % kReadsPerTurn == 0) co_await asio::post(io_, use_awaitable);
    if (connection != connection_) co_return;
    const net::IoResult result = transport_->read(buffer);
    if (result.status == net::IoStatus::kOk) {
      machine_.received({buffer.data(), result.bytes}, Clock::now());
    } else if (result.status != net::IoStatus::kWouldBlock) {
      machine_.closed_by_peer(Clock::now());
    }
    step();
    if (connection != connection_) co_return;
    if (result.status == net::IoStatus::kOk) continue;
    const auto what = transport_->wants_write() ? Descriptor::wait_write : Descriptor::wait_read;
    if (!machine_.delivered()) net::set_quick_ack(transport_->fd());
    error_code error;
    co_await socket_->async_wait(what, asio::redirect_error(use_awaitable, error));
    if (error || connection != connection_) co_return;
  }
}

awaitable<void> StreamDriver::flush_when_writable(std::uint64_t connection) {
  error_code error;
  co_await socket_->async_wait(Descriptor::wait_write, asio::redirect_error(use_awaitable, error));
  if (error || connection != connection_) co_return;
  waiting_to_write_ = false;
  step();
}

void StreamDriver::write_when_writable() {
  waiting_to_write_ = true;
  spawn(flush_when_writable(connection_));
}

void StreamDriver::flush() {
  for (int writes = 1; transport_ && !waiting_to_write_ && !machine_.output().empty(); ++writes) {
    // A source that has much to send must not keep us from heartbeat and orders either.
    if (writes > kWritesPerTurn) {
      write_when_writable();
      return;
    }
    std::array<ByteView, net::kMaxPieces> pieces;
    const std::size_t count = machine_.gather_output(pieces);
    const net::IoResult result = transport_->write(std::span(pieces).first(count));
    switch (result.status) {
      case net::IoStatus::kOk:
        progress_.page().sent_bytes.fetch_add(result.bytes, std::memory_order_relaxed);
        last_sent_at_ = Clock::now();
        machine_.sent(result.bytes, last_sent_at_);
        publish_progress();
        break;
      case net::IoStatus::kWouldBlock:
        // When TLS must read first, the reading coroutine is there already and comes back here.
        if (!transport_->wants_write() && server().tls) return;
        write_when_writable();
        return;
      case net::IoStatus::kClosed:
      case net::IoStatus::kFailed:
        machine_.closed_by_peer(Clock::now());
        return;
    }
  }
}

void StreamDriver::drop_connection(bool abandon) {
  ++connection_;
  waiting_to_write_ = false;
  if (std::exchange(connecting_, false)) cancel_connect_.emit(asio::cancellation_type::all);
  if (!transport_) return;
  socket_->release();  // cancels its waits
  socket_.reset();
  if (abandon)
    transport_->abandon();
  else
    transport_->close_cleanly();
  transport_.reset();
  auto& page = progress_.page();
  page.rtt_us.store(0, std::memory_order_relaxed);
  page.retransmits.store(0, std::memory_order_relaxed);
}

// ---- what the machine wishes --------------------------------------------------------------------------

void StreamDriver::step() {
  if (closed_) return;
  for (;;) {
    flush();
    const Wish wish = machine_.take_wish();
    if (wish == Wish::kNone) break;
    carry_out(wish);
  }
  arm_timer();
  report();
}

void StreamDriver::carry_out(Wish wish) {
  switch (wish) {
    case Wish::kNone:
      return;
    case Wish::kConnect:
      drop_connection(true);
      connecting_ = true;
      asio::co_spawn(
          io_, connect(connection_),
          asio::bind_cancellation_slot(
              cancel_connect_.slot(), [self = shared_from_this()](const std::exception_ptr& error) {
                try {
                  net::rethrow(error);
                } catch (const boost::system::system_error&) {
                  log::debug("connect given up");  // cancelled: the machine has no use for it
                }
              }));
      return;
    case Wish::kFinish:
      publish_progress();
      transport_->finish_writing();
      return;
    case Wish::kClose:
      drop_connection(false);
      return;
    case Wish::kAbandon:
      drop_connection(true);
      return;
    case Wish::kExit:
      callbacks_.on_exit();
      return;
  }
}

void StreamDriver::arm_timer() {
  const auto deadline = machine_.deadline();
  if (deadline == armed_for_) return;
  // A deadline that only moves back need not be armed anew: the timer finds out when it fires.
  if (armed_for_ && deadline && *deadline > *armed_for_) return;
  armed_for_ = deadline;
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*deadline);
  timer_.async_wait([this, self = shared_from_this()](const error_code& error) {
    if (error || closed_) return;
    armed_for_.reset();
    machine_.tick(Clock::now());
    step();
  });
}

// ---- what others see ----------------------------------------------------------------------------------

void StreamDriver::publish_progress() {
  if (const auto& delivered = machine_.delivered()) progress_.store_position(*delivered);
}

void StreamDriver::heartbeat() {
  const Instant now = Clock::now();
  auto& page = progress_.page();
  const auto relaxed = std::memory_order_relaxed;
  progress_.beat(now);
  page.behind_ms.store(static_cast<std::uint64_t>(whole_ms(machine_.behind(now))), relaxed);
  page.reconnects.store(earlier_reconnects_ + machine_.reconnects(), relaxed);
  page.dropped_video.store(earlier_dropped_video_ + machine_.dropped_video(), relaxed);
  page.dropped_audio.store(earlier_dropped_audio_ + machine_.dropped_audio(), relaxed);
  if (transport_) {
    if (const auto facts = net::tcp_facts(transport_->fd())) {
      page.rtt_us.store(facts->rtt_us, relaxed);
      page.retransmits.store(facts->retransmits, relaxed);
      machine_.network(facts->acked_bytes, facts->queued_bytes, now);
      step();
    }
  }
  const std::int64_t elapsed = whole_ms(now - kbps_since_);
  if (elapsed < 1000) return;
  const std::uint64_t total = page.sent_bytes.load(relaxed);
  page.sent_kbps.store((total - kbps_bytes_) * 8 / static_cast<std::uint64_t>(elapsed), relaxed);
  kbps_bytes_ = total;
  kbps_since_ = now;
}

control::RelayState StreamDriver::state() const {
  const Status& status = machine_.status();
  return {status.state,
          status.reason,
          unix_ms(since_),
          status.next_try ? unix_ms_of(*status.next_try) : 0,
          machine_.server_index() > 0,
          status.hold_until ? unix_ms_of(*status.hold_until) : 0};
}

void StreamDriver::report() {
  if (reported_ == machine_.status() && reported_server_ == machine_.server_index()) return;
  if (!reported_ || reported_->state != machine_.status().state) since_ = WallClock::now();
  reported_ = machine_.status();
  reported_server_ = machine_.server_index();
  log::info("state", {{"stream", config_.stream},
                      {"state", control::to_string(reported_->state)},
                      {"server", reported_server_ == 0 ? "main" : "backup"},
                      {"reason", reported_->reason ? reported_->reason->code : std::string{}}});
  callbacks_.on_state(state());
}

}  // namespace sluice::relay
