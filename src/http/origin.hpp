// Who may drive the API through a browser: the Host and Origin rules, sans-I/O. Runs in the manager.
//
// A web page of a stranger can make the user's browser send requests to 127.0.0.1. Two rules stop it: the
// Host must be an IP literal, localhost or a name the user has allowed (a rebound DNS name is none of these),
// and an Origin, when the browser sends one, must be the very host the request went to. A mere GET for an
// image or a script carries no Origin, yet costs something too (a viewer's place): for what a stranger's page
// has no business to ask for there is a third rule, by Sec-Fetch-Site.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.hpp"

namespace sluice::http {

enum class OriginError : std::uint8_t {
  kNoHost,         // none, several, or one that does not parse
  kForeignHost,    // neither an IP literal nor localhost nor allowed
  kForeignOrigin,  // another site, or "null"
  kForeignSite,    // the browser says that another site's page wants it
};
std::string_view sentence(OriginError error);

// `allowed_hosts`: names without port, compared without case.
std::expected<void, OriginError> check_origin(const Headers& headers,
                                              const std::vector<std::string>& allowed_hosts);
// Not for pages, which links on other sites may lead to. Browsers send the header to loopback addresses and
// over HTTPS; without it the request passes.
std::expected<void, OriginError> check_site(const Headers& headers);

}  // namespace sluice::http
