// The Host and Origin rules. Runs in the manager.
#include "http/origin.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "http/text.hpp"

namespace sluice::http {
namespace {

struct Authority {
  std::string host;  // without brackets
  std::string port;  // empty: none
  bool bracketed = false;
};

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    authority.bracketed = true;
    authority.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    authority.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (authority.host.empty()) return std::nullopt;
  if (!rest.empty()) {
    if (rest.front() != ':' || !is_port(rest.substr(1))) return std::nullopt;
    authority.port = rest.substr(1);
  }
  return authority;
}

bool is_ip_literal(const Authority& authority) {
  in6_addr ignored{};
  return ::inet_pton(authority.bracketed ? AF_INET6 : AF_INET, authority.host.c_str(), &ignored) == 1;
}

bool host_is_ours(const Authority& authority, const std::vector<std::string>& allowed_hosts) {
  if (is_ip_literal(authority)) return true;
  if (equal_ignoring_case(authority.host, "localhost")) return true;
  return std::ranges::any_of(
      allowed_hosts, [&](const std::string& name) { return equal_ignoring_case(name, authority.host); });
}

// A proxy in front may speak HTTPS for us, so the scheme decides only which port goes without saying.
bool same_place(std::string_view origin, const Authority& host) {
  std::string_view default_port;
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>{"http://", "80"},
                                     std::pair<std::string_view, std::string_view>{"https://", "443"}}) {
    if (origin.starts_with(scheme)) {
      origin.remove_prefix(scheme.size());
      default_port = port;
      break;
    }
  }
  if (default_port.empty()) return false;
  const auto from = parse_authority(origin);
  if (!from) return false;
  const auto port_of = [&](const Authority& a) {
    return a.port.empty() ? default_port : std::string_view(a.port);
  };
  return from->bracketed == host.bracketed && equal_ignoring_case(from->host, host.host) &&
         port_of(*from) == port_of(host);
}

}  // namespace

std::string_view sentence(OriginError error) {
  switch (error) {
    case OriginError::kNoHost:
      return "The request must have exactly one valid Host header.";
    case OriginError::kForeignHost:
      return "This host name is not allowed: use an IP address or localhost, or start sluiced with "
             "--allow-host NAME.";
    case OriginError::kForeignOrigin:
      return "Requests from other web sites are not allowed.";
    case OriginError::kForeignSite:
      return "Pages of other web sites, and of other ports, may link to Sluice's page but not use its API.";
  }
  return "";
}

std::expected<void, OriginError> check_origin(const Headers& headers,
                                              const std::vector<std::string>& allowed_hosts) {
  std::optional<Authority> host;
  for (const auto& [name, value] : headers) {
    if (!equal_ignoring_case(name, "host")) continue;
    if (host) return std::unexpected(OriginError::kNoHost);
    host = parse_authority(value);
    if (!host) return std::unexpected(OriginError::kNoHost);
  }
  if (!host) return std::unexpected(OriginError::kNoHost);
  if (!host_is_ours(*host, allowed_hosts)) return std::unexpected(OriginError::kForeignHost);

  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, "origin") && !same_place(value, *host)) {
      return std::unexpected(OriginError::kForeignOrigin);
    }
  }
  return {};
}

std::expected<void, OriginError> check_site(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!equal_ignoring_case(name, "sec-fetch-site")) continue;
    if (equal_ignoring_case(value, "cross-site") || equal_ignoring_case(value, "same-site"))
      return std::unexpected(OriginError::kForeignSite);
  }
  return {};
}

}  // namespace sluice::http
