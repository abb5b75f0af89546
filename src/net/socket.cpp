// Thin names for socket options.
#include "net/socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace sluice::net {
namespace {

void set_option(int socket, int level, int option, int value) {
  // An option that the kernel does not take costs comfort, not correctness.
  static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
}

PeerAddress describe_v4(const in_addr& address, std::uint16_t port) {
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return {fmt::format("{}:{}", text, port), (ntohl(address.s_addr) >> 24U) == 127U};
}

}  // namespace

void set_no_delay(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}
void set_quick_ack(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void set_keepalive(int socket) {
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

void set_user_timeout(int socket, Duration timeout) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(ms));
}

void set_unsent_limit(int socket, std::size_t bytes) {
  set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(bytes));
}

void set_reset_on_close(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

std::optional<TcpFacts> tcp_facts(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  int queued = 0;
  if (::ioctl(socket, SIOCOUTQ, &queued) != 0) return std::nullopt;
  return TcpFacts{info.tcpi_rtt, info.tcpi_total_retrans, info.tcpi_bytes_acked,
                  static_cast<std::size_t>(queued)};
}

PeerAddress peer_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {"unknown", false};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return describe_v4(v4.sin_addr, ntohs(v4.sin_port));
  }
  if (storage.ss_family != AF_INET6) return {"unknown", false};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    in_addr mapped{};
    std::memcpy(&mapped, v6.sin6_addr.s6_addr + 12, sizeof mapped);
    return describe_v4(mapped, ntohs(v6.sin6_port));
  }
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return {fmt::format("[{}]:{}", text, ntohs(v6.sin6_port)), IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0};
}

}  // namespace sluice::net
