// See the header. No decisions here: which address when is AddressRace's matter.
#include "net/dial.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "net/address_race.hpp"
#include "net/socket.hpp"

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Addresses = std::vector<tcp::endpoint>;

Addresses in_dialling_order(const Addresses& resolved) {
  std::vector<Family> families;
  for (const auto& address : resolved)
    families.push_back(address.address().is_v6() ? Family::kIpv6 : Family::kIpv4);
  Addresses ordered;
  for (const std::size_t index : dialling_order(families)) ordered.push_back(resolved[index]);
  return ordered;
}

// Shared with the handlers of its connects, which may come after the coroutine has gone.
class Attempts : public std::enable_shared_from_this<Attempts> {
 public:
  Attempts(const asio::any_io_executor& executor, Addresses addresses)
      : addresses_(std::move(addresses)),
        race_(addresses_.size(), Clock::now()),
        news_(executor),
        sockets_(addresses_.size()) {}

  // Closes all but the winner.
  void close() {
    for (auto& socket : sockets_) socket.reset();
  }

  void carry_out_steps() {
    while (const auto step = race_.next(Clock::now())) {
      if (step->what == AddressRace::What::kStart) {
        start(step->address);
      } else {
        sockets_[step->address].reset();
        last_ = {NetError::kTimeout, "no answer to the TCP connect"};
      }
    }
  }

  bool over() const { return winner_ || race_.lost(); }
  std::expected<UniqueFd, Failure> result() {
    if (winner_) return std::move(winner_);
    return std::unexpected(std::move(last_));
  }

  // Until the race's deadline or an attempt's end.
  awaitable<void> wait() {
    news_.expires_at(race_.deadline().value_or(Clock::now()));
    error_code ignored;
    co_await news_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }

 private:
  void start(std::size_t address) {
    auto& socket = sockets_[address].emplace(news_.get_executor());
    error_code error;
    socket.open(addresses_[address].protocol(), error);
    if (error) return failed(address, error);
    socket.non_blocking(true, error);
    set_quick_ack(socket.native_handle());
    socket.async_connect(
        addresses_[address],
        [self = shared_from_this(), address](const error_code& outcome) { self->ended(address, outcome); });
  }

  void ended(std::size_t address, const error_code& outcome) {
    if (!sockets_[address]) return;  // closed: nobody waits for it any more
    if (outcome) {
      failed(address, outcome);
    } else if (!winner_) {
      winner_ = UniqueFd{sockets_[address]->release()};
    }
    news_.cancel();
  }

  void failed(std::size_t address, const error_code& why) {
    sockets_[address].reset();
    last_ = {NetError::kUnreachable, why.message()};
    race_.failed(address, Clock::now());
  }

  Addresses addresses_;
  AddressRace race_;
  asio::steady_timer news_;
  std::vector<std::optional<tcp::socket>> sockets_;
  UniqueFd winner_;
  Failure last_{NetError::kNameNotFound, "the name has no address"};
};

// Also when the coroutine is cancelled, which is an exception at its next co_await.
struct CloseAtEnd {
  std::shared_ptr<Attempts> attempts;
  ~CloseAtEnd() { attempts->close(); }
};

}  // namespace

awaitable<std::expected<UniqueFd, Failure>> dial(Addresses addresses) {
  const auto attempts =
      std::make_shared<Attempts>(co_await asio::this_coro::executor, in_dialling_order(addresses));
  const CloseAtEnd at_end{attempts};
  attempts->carry_out_steps();
  while (!attempts->over()) {
    co_await attempts->wait();
    attempts->carry_out_steps();
  }
  co_return attempts->result();
}

}  // namespace sluice::net
