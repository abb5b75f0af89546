// Taking a server URL apart. Runs in manager (validation) and relays.
#include "rtmp/url.hpp"

#include <algorithm>
#include <charconv>

#include "rtmp/limits.hpp"

namespace sluice::rtmp {
namespace {

constexpr std::uint16_t kRtmpPort = 1935;
constexpr std::uint16_t kRtmpsPort = 443;
constexpr std::size_t kMaxHostBytes = 253;

bool has_bad_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F;
  });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower, {}, [](char c) {
           return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
         });
}

std::expected<std::uint16_t, UrlError> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return std::unexpected(UrlError::kPort);
  }
  return port;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostBytes && std::ranges::none_of(host, [](char c) {
    return std::string_view("[]:/\\?#%<>\"'`{}|^").contains(c);
  });
}

bool is_ipv6_text(std::string_view host) {
  return host.size() >= 2 && host.size() <= kMaxHostBytes && host.contains(':') &&
         std::ranges::all_of(host,
                             [](char c) { return std::string_view("0123456789abcdefABCDEF:.").contains(c); });
}

struct Authority {
  std::string_view host;
  std::string_view host_as_written;  // with brackets
  std::uint16_t port = 0;
};

std::expected<Authority, UrlError> parse_authority(std::string_view text, std::uint16_t default_port) {
  Authority result;
  std::string_view after;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::unexpected(UrlError::kHost);
    result.host = text.substr(1, close - 1);
    result.host_as_written = text.substr(0, close + 1);
    after = text.substr(close + 1);
    if (!is_ipv6_text(result.host)) return std::unexpected(UrlError::kHost);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    result.host = result.host_as_written = text.substr(0, colon);
    after = text.substr(colon);
    if (!is_host_name(result.host)) return std::unexpected(UrlError::kHost);
  }
  result.port = default_port;
  if (after.empty()) return result;
  if (!after.starts_with(':')) return std::unexpected(UrlError::kHost);
  const auto port = parse_port(after.substr(1));
  if (!port) return std::unexpected(port.error());
  result.port = *port;
  return result;
}

}  // namespace

std::string_view sentence(UrlError error) {
  switch (error) {
    case UrlError::kScheme:
      return "The server must begin with rtmp:// or rtmps://.";
    case UrlError::kHost:
      return "The server's host name is missing or not valid.";
    case UrlError::kPort:
      return "The server's port must be a number from 1 to 65535.";
    case UrlError::kApp:
      return "The server must name an app after the host, as in rtmp://host/live.";
    case UrlError::kTooLong:
      return "The server is too long.";
    case UrlError::kCharacters:
      return "The server must not contain spaces or control characters.";
    case UrlError::kUserInfo:
      return "The server must not contain a user name or password.";
  }
  return "The server is not valid.";
}

std::expected<ServerUrl, UrlError> parse_server_url(std::string_view url) {
  if (url.size() > kMaxTcUrlBytes) return std::unexpected(UrlError::kTooLong);
  if (has_bad_characters(url)) return std::unexpected(UrlError::kCharacters);
  ServerUrl result;
  result.tls = starts_with_ignoring_case(url, "rtmps://");
  if (!result.tls && !starts_with_ignoring_case(url, "rtmp://")) return std::unexpected(UrlError::kScheme);
  const std::string_view scheme = result.tls ? "rtmps://" : "rtmp://";
  const std::string_view rest = url.substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.contains('@')) return std::unexpected(UrlError::kUserInfo);
  const std::uint16_t default_port = result.tls ? kRtmpsPort : kRtmpPort;
  const auto parsed = parse_authority(authority, default_port);
  if (!parsed) return std::unexpected(parsed.error());

  const std::string_view path = rest.substr(authority.size());
  if (!path.starts_with('/') || path.size() == 1) return std::unexpected(UrlError::kApp);
  result.app = path.substr(1);
  if (result.app.size() > kMaxNameBytes) return std::unexpected(UrlError::kTooLong);
  result.host = parsed->host;
  result.port = parsed->port;
  result.tc_url = std::string(scheme).append(parsed->host_as_written);
  if (result.port != default_port) result.tc_url.append(":").append(std::to_string(result.port));
  result.tc_url.append(path);
  return result;
}

}  // namespace sluice::rtmp
