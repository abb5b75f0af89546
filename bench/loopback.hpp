// Sockets on 127.0.0.1 for the bench's own tools. Runs in bench_publisher and bench_sink.
#pragma once

#include <cstdint>

#include "base/fd.hpp"

namespace sluice::bench {

// Non-blocking. Owns nothing on failure; errno says why.
UniqueFd listen_on_loopback(std::uint16_t port);  // 0: any free one
UniqueFd connect_on_loopback(std::uint16_t port);
std::uint16_t bound_port(const UniqueFd& socket);

}  // namespace sluice::bench
