// Message sockets with descriptors (SOCK_SEQPACKET, SCM_RIGHTS). Manager and workers.
#include "os/channel.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "os/errno.hpp"

namespace sluice::os {
namespace {

// A seqpacket message must fit the sender's buffer whole, with the kernel's own bookkeeping.
constexpr int kSendBufferBytes = 1 << 20;

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * kMaxChannelFds);
struct alignas(cmsghdr) ControlBuffer {
  std::array<char, kControlBytes> bytes{};
};

// The address of `name` in an opened directory: short, however long the directory's own path is.
struct Address {
  UniqueFd directory;  // must stay open while the address is used
  sockaddr_un value{};
};

std::expected<Address, std::error_code> address_of(const std::string& directory, const std::string& name) {
  Address address;
  address.directory.reset(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!address.directory) return errno_failure();
  const std::string path = "/proc/self/fd/" + std::to_string(address.directory.get()) + "/" + name;
  if (path.size() >= sizeof(address.value.sun_path)) return errno_failure(ENAMETOOLONG);
  address.value.sun_family = AF_UNIX;
  std::memcpy(address.value.sun_path, path.c_str(), path.size() + 1);
  return address;
}

std::expected<UniqueFd, std::error_code> new_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_failure();
  return fd;
}

// Above net.core.wmem_max only root may go; otherwise the default (208 KiB) still takes one largest message.
void raise_send_buffer(int fd) {
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof(kSendBufferBytes)) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof(kSendBufferBytes));
  }
}

std::expected<ucred, std::error_code> peer_of(int channel) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return errno_failure();
  return peer;
}

std::error_code only_same_user(int channel) {
  const auto peer = peer_of(channel);
  if (!peer) return peer.error();
  return peer->uid == ::geteuid() ? std::error_code{} : errno_code(EPERM);
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Takes ownership of every descriptor first, so that none leaks whatever is wrong with the message.
std::vector<UniqueFd> take_descriptors(msghdr& header) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

std::expected<UniqueFd, std::error_code> listen_channel(const std::string& directory,
                                                        const std::string& name) {
  const auto address = address_of(directory, name);
  if (!address) return std::unexpected(address.error());
  auto fd = new_socket();
  if (!fd) return fd;
  raise_send_buffer(fd->get());
  if (::unlink(address->value.sun_path) != 0 && errno != ENOENT) return errno_failure();
  // Linux gives the file the socket's own mode: 0600 from the first instant, whatever the umask allows.
  if (::fchmod(fd->get(), 0600) != 0) return errno_failure();
  if (::bind(fd->get(), generic(address->value), sizeof(address->value)) != 0) return errno_failure();
  if (::listen(fd->get(), 8) != 0) return errno_failure();
  return fd;
}

std::expected<UniqueFd, std::error_code> connect_channel(const std::string& directory,
                                                         const std::string& name) {
  const auto address = address_of(directory, name);
  if (!address) return std::unexpected(address.error());
  auto fd = new_socket();
  if (!fd) return fd;
  raise_send_buffer(fd->get());
  if (::connect(fd->get(), generic(address->value), sizeof(address->value)) != 0) return errno_failure();
  if (const auto error = only_same_user(fd->get())) return std::unexpected(error);
  return fd;
}

std::expected<UniqueFd, std::error_code> accept_channel(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return errno_failure();
  if (const auto error = only_same_user(fd.get())) return std::unexpected(error);
  raise_send_buffer(fd.get());
  return fd;
}

std::expected<std::pair<UniqueFd, UniqueFd>, std::error_code> channel_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return errno_failure();
  for (const int end : ends) raise_send_buffer(end);
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

std::expected<pid_t, std::error_code> channel_peer(int channel) {
  const auto peer = peer_of(channel);
  if (!peer) return std::unexpected(peer.error());
  return peer->pid;
}

std::error_code send_message(int channel, std::string_view text, const std::vector<int>& fds) {
  // An empty packet would read as the end of the stream at the other side.
  if (text.empty() || text.size() > kMaxChannelMessageBytes || fds.size() > kMaxChannelFds) {
    return errno_code(EMSGSIZE);
  }
  iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control;
  if (!fds.empty()) {
    header.msg_control = control.bytes.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(channel, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno_code() : std::error_code{};
}

std::expected<ChannelMessage, std::error_code> receive_message(int channel) {
  ChannelMessage message;
  // The size of the waiting packet, so that memory follows what was sent; nothing is consumed.
  ssize_t size = -1;
  do {
    size = ::recv(channel, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno_failure(errno == ECONNRESET ? ENOTCONN : errno);
  message.text.resize(std::min(static_cast<std::size_t>(size), kMaxChannelMessageBytes));

  iovec part{.iov_base = message.text.data(), .iov_len = message.text.size()};
  ControlBuffer control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  const ssize_t received = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (received < 0) return errno_failure(errno == ECONNRESET ? ENOTCONN : errno);
  message.fds = take_descriptors(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return errno_failure(EMSGSIZE);
  if (received == 0) return errno_failure(ENOTCONN);
  message.text.resize(static_cast<std::size_t>(received));
  return message;
}

}  // namespace sluice::os
