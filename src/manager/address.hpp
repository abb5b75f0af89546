// ADDR:PORT: reading it, listening on it, and naming this machine's own addresses. Runs in the manager.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/fd.hpp"

namespace sluice::manager {

struct ListenAddress {
  std::string host;  // an IP literal, without brackets
  std::uint16_t port = 0;

  std::string text() const;  // with brackets where needed
  bool is_loopback() const;
  bool is_any() const;
};

// `0.0.0.0:1935`, `[::]:1935`, `localhost:8080`. Port 0 lets the system choose. The error is a sentence.
std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text);

// Bound and listening; `[::]` takes IPv4 too. EADDRINUSE: another program has it.
std::expected<UniqueFd, std::error_code> listen_on(const ListenAddress& address);
// Where a listening socket listens.
std::expected<ListenAddress, std::error_code> listening_at(int fd);

// IPv4 first, then global IPv6; no loopback, no link-local addresses.
std::vector<std::string> lan_addresses();

}  // namespace sluice::manager
