// The blocking HTTP client. Runs in the command line.
#include "http/client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "http/codec.hpp"
#include "http/event_parser.hpp"

namespace sluice::http {
namespace {

constexpr std::size_t kMaxResponseBytes = 16U << 20U;
constexpr std::chrono::seconds kEventSilence{60};
constexpr std::chrono::seconds kConnectDeadline{5};

std::string host_header(const Origin& origin) {
  const bool v6 = origin.host.find(':') != std::string::npos;
  return (v6 ? "[" + origin.host + "]" : origin.host) + ":" + std::to_string(origin.port);
}

std::string failure(const Origin& origin, std::string_view what) {
  return "cannot talk to sluiced at " + host_header(origin) + ": " + std::string(what);
}

// False: the deadline has passed (errno is ETIMEDOUT) or poll failed.
bool wait_for(int fd, short events, Instant deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) break;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  errno = ETIMEDOUT;
  return false;
}

bool connect_to(int fd, const addrinfo& address, Instant deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0;
}

std::expected<UniqueFd, std::string> connect_to(const Origin& origin, Instant deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(origin.host.c_str(), std::to_string(origin.port).c_str(), &hints, &found);
  if (code != 0) return std::unexpected(failure(origin, ::gai_strerror(code)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  int last_error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd && connect_to(fd.get(), *address, deadline)) return fd;
    last_error = errno;
  }
  return std::unexpected(failure(origin, last_error == ECONNREFUSED ? "nobody listens there; is it running?"
                                                                    : std::strerror(last_error)));
}

std::error_code send_all(int fd, std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLOUT, deadline))) {
      return {errno, std::generic_category()};
    }
  }
  return {};
}

// One exchange: sends, then feeds `reader` until it is done, the peer closes, or `on_part` returns false.
// `silence`: restart the deadline at every byte.
template <typename OnPart>
std::expected<void, std::string> exchange(const Origin& origin, const std::string& request, Instant deadline,
                                          std::chrono::milliseconds silence, ResponseReader& reader,
                                          OnPart on_part) {
  auto fd = connect_to(origin, deadline);
  if (!fd) return std::unexpected(fd.error());
  if (const auto error = send_all(fd->get(), request, deadline)) {
    return std::unexpected(failure(origin, error.message()));
  }
  std::array<char, 16384> buffer{};
  while (true) {
    if (silence.count() > 0) deadline = Clock::now() + silence;
    const ssize_t size = ::recv(fd->get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(fd->get(), POLLIN, deadline)))) continue;
    if (size < 0) {
      return std::unexpected(
          failure(origin, errno == ETIMEDOUT ? "it did not answer in time" : std::strerror(errno)));
    }
    const auto done = reader.feed({buffer.data(), static_cast<std::size_t>(size)}, size == 0);
    if (!done) return std::unexpected(failure(origin, sentence(done.error())));
    if (!on_part()) return {};
    if (*done || size == 0) return {};
  }
}

}  // namespace

std::expected<Origin, std::string> parse_origin(std::string_view url) {
  const auto bad = [url](std::string_view why) {
    return std::unexpected("'" + std::string(url) + "' is not an address of sluiced (" + std::string(why) +
                           "); it looks like http://127.0.0.1:8080");
  };
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return bad("it must begin with http://");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Origin origin;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad("the bracket is not closed");
    origin.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = rest.find(':');
    origin.host = rest.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon);
  }
  if (origin.host.empty() || origin.host.find_first_of("/?#@ ") != std::string::npos)
    return bad("the host is missing");
  if (port.empty()) return origin;
  if (port.front() != ':') return bad("there is something after the host");
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), origin.port);
  if (error != std::errc{} || end != port.data() + port.size() || origin.port == 0)
    return bad("the port is no number");
  return origin;
}

std::expected<ClientResponse, std::string> fetch(const Origin& origin, std::string_view method,
                                                 const std::string& path, const std::string& body,
                                                 std::chrono::milliseconds deadline) {
  ResponseReader reader(kMaxResponseBytes);
  const auto done =
      exchange(origin, serialize_request(method, path, host_header(origin), "application/json", body),
               Clock::now() + deadline, {}, reader, [] { return true; });
  if (!done) return std::unexpected(done.error());
  const auto head = reader.head();
  if (!head) return std::unexpected(failure(origin, "it closed the connection without an answer"));
  return ClientResponse{head->status, head->content_type, reader.take_body()};
}

std::expected<void, std::string> follow_events(
    const Origin& origin, const std::string& path,
    const std::function<bool(std::string_view event, std::string_view data)>& on_event) {
  // The stream is endless: the body's limit must not count what has long been taken.
  ResponseReader reader(~std::size_t{0});
  EventParser events(on_event);
  bool wanted = true;
  const auto done = exchange(origin, serialize_request("GET", path, host_header(origin), "", ""),
                             Clock::now() + kConnectDeadline, kEventSilence, reader, [&] {
                               if (const auto head = reader.head(); head && head->status == 200) {
                                 wanted = events.feed(reader.take_body());
                               }
                               return wanted;
                             });
  if (!done) return done;
  if (!wanted) return {};
  const auto head = reader.head();
  if (head && head->status != 200) {
    return std::unexpected(failure(origin, "it answered with status " + std::to_string(head->status)));
  }
  return std::unexpected(failure(origin, "it has closed the connection"));
}

}  // namespace sluice::http
