// The server field of a stream, taken apart for connecting. The key is never part of it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sluice::rtmp {

struct ServerUrl {
  bool tls = false;        // rtmps
  std::string host;        // without brackets for IPv6
  std::uint16_t port = 0;  // 1935 (rtmp) or 443 (rtmps) when the URL names none
  std::string app;         // all after the first slash behind the authority, byte for byte, query included
  std::string tc_url;      // the URL without the scheme's default port
};

enum class UrlError : std::uint8_t { kScheme, kHost, kPort, kApp, kTooLong, kCharacters, kUserInfo };
std::string_view sentence(UrlError error);

// `rtmp://host[:port]/app` or `rtmps://…`. The scheme is case-insensitive; nothing is trimmed or decoded.
// A missing or empty app is kApp. Control characters and spaces are kCharacters.
std::expected<ServerUrl, UrlError> parse_server_url(std::string_view url);

}  // namespace sluice::rtmp
