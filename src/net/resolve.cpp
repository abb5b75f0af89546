// One thread per lookup; everything else on the loop.
#include "net/resolve.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace sluice::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// A lookup under way. Touched on the loop only: the thread hands its result over with post().
struct Lookup {
  std::optional<std::expected<Addresses, std::string>> result;
  std::list<asio::steady_timer*> waiters;
};
using Lookups = std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Lookup>>;

Lookups& lookups_under_way() {
  static Lookups lookups;
  return lookups;
}

std::shared_ptr<Lookup> start(const asio::any_io_executor& loop, const std::string& host, std::uint16_t port,
                              BlockingLookup blocking) {
  auto lookup = std::make_shared<Lookup>();
  lookups_under_way()[{host, port}] = lookup;
  std::thread([loop, work = asio::make_work_guard(loop), host, port, blocking = std::move(blocking), lookup] {
    auto result = blocking(host, port);
    asio::post(loop, [lookup, host, port, result = std::move(result)]() mutable {
      lookups_under_way().erase({host, port});
      lookup->result = std::move(result);
      for (asio::steady_timer* waiter : lookup->waiters) waiter->cancel();
    });
  }).detach();
  return lookup;
}

std::optional<Addresses> literal(const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return Addresses{tcp::endpoint{address, port}};
}

// A waiter's place in the list, given up however the coroutine ends.
class Waiting {
 public:
  Waiting(Lookup& lookup, asio::steady_timer& timer)
      : lookup_(lookup), place_(lookup.waiters.insert(lookup.waiters.end(), &timer)) {}
  ~Waiting() { lookup_.waiters.erase(place_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Lookup& lookup_;
  std::list<asio::steady_timer*>::iterator place_;
};

}  // namespace

std::expected<Addresses, std::string> system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return std::unexpected(std::string(::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    tcp::endpoint address;
    if (entry->ai_addrlen > address.capacity()) continue;
    std::memcpy(address.data(), entry->ai_addr, entry->ai_addrlen);
    address.resize(entry->ai_addrlen);
    addresses.push_back(address);
  }
  return addresses;
}

asio::awaitable<std::expected<Addresses, Failure>> resolve(std::string host, std::uint16_t port,
                                                           Duration deadline, BlockingLookup blocking) {
  if (auto addresses = literal(host, port)) co_return std::move(*addresses);
  const auto loop = co_await asio::this_coro::executor;
  const auto under_way = lookups_under_way().find({host, port});
  const std::shared_ptr<Lookup> lookup = under_way != lookups_under_way().end()
                                             ? under_way->second
                                             : start(loop, host, port, std::move(blocking));
  asio::steady_timer timer{loop, deadline};
  {
    const Waiting waiting(*lookup, timer);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!lookup->result)
    co_return std::unexpected(Failure{NetError::kNameNotFound, "the resolver did not answer"});
  if (!*lookup->result) co_return std::unexpected(Failure{NetError::kNameNotFound, lookup->result->error()});
  co_return **lookup->result;
}

}  // namespace sluice::net
