// Local message sockets that carry descriptors (SOCK_SEQPACKET over a path). Non-blocking.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fd.hpp"

namespace sluice::os {

inline constexpr std::size_t kMaxChannelMessageBytes = 160U << 10U;
inline constexpr std::size_t kMaxChannelFds = 8;

// A listening socket at `directory`/`name`, mode 0600, replacing a stale one. The path may be longer than a
// socket address: it is reached through /proc/self/fd.
std::expected<UniqueFd, std::error_code> listen_channel(const std::string& directory,
                                                        const std::string& name);
std::expected<UniqueFd, std::error_code> connect_channel(const std::string& directory,
                                                         const std::string& name);
// nullopt-like error EAGAIN: nobody waits. Peers of another user are refused (SO_PEERCRED) with EPERM.
std::expected<UniqueFd, std::error_code> accept_channel(int listener);
// Two ends of one channel that has no name and takes no second peer.
std::expected<std::pair<UniqueFd, UniqueFd>, std::error_code> channel_pair();
// The pid of the process at the other end: who connected, or, seen from there, who called listen_channel()
// (the manager, when a worker inherited its listener; a worker says its own pid in hello).
std::expected<pid_t, std::error_code> channel_peer(int channel);

struct ChannelMessage {
  std::string text;
  std::vector<UniqueFd> fds;
};

// One message whole or not at all. EMSGSIZE beyond the limits; EAGAIN: the peer does not read (callers
// treat it as a lost peer). No SIGPIPE.
std::error_code send_message(int channel, std::string_view text, const std::vector<int>& fds = {});
// EAGAIN: nothing there. ENOTCONN: the peer has closed. Received descriptors are close-on-exec.
std::expected<ChannelMessage, std::error_code> receive_message(int channel);

}  // namespace sluice::os
