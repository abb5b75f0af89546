// See the header.
#include "limit/reader_process.hpp"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <new>

#include "os/wake.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kSharedBytes = 16U << 20U;
constexpr std::size_t kMappedBytes = 4096 + kSharedBytes;

}  // namespace

SharedBytes::SharedBytes() {
  void* mapped =
      ::mmap(nullptr, kMappedBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (mapped == MAP_FAILED) fail("no shared memory.");
  memory_ = static_cast<std::uint8_t*>(mapped);
  new (memory_) Header{};
}

void SharedBytes::write(ByteView bytes) {
  std::uint64_t end = header().end.load(std::memory_order_relaxed);
  while (!bytes.empty()) {
    const std::size_t at = end % kSharedBytes;
    const std::size_t part = std::min(bytes.size(), kSharedBytes - at);
    std::ranges::copy(bytes.first(part), data() + at);
    bytes = bytes.subspan(part);
    end += part;
  }
  header().end.store(end, std::memory_order_release);
}

void SharedBytes::map_all() const {
  ::madvise(memory_, kMappedBytes, MADV_POPULATE_READ);
}

void SharedBytes::copy_from(std::uint64_t position, Bytes& into) const {
  while (position < end()) {
    const std::size_t at = position % kSharedBytes;
    const std::size_t part = std::min<std::size_t>(end() - position, kSharedBytes - at);
    append(into, ByteView(data() + at, part));
    position += part;
  }
}

ReaderProcesses::ReaderProcesses(std::list<Destination>& destinations) {
  for (Destination& destination : destinations) {
    auto wake = os::create_wake();
    if (!wake) fail("no wake-up.");
    wakes_.push_back(std::move(*wake));
    const pid_t child = ::fork();
    if (child < 0) fail("no process.");
    if (child == 0) serve(destination, wakes_.back().get());
  }
}

void ReaderProcesses::wake() const {
  for (const UniqueFd& wake : wakes_) os::wake(wake.get());
}

void ReaderProcesses::serve(Destination& destination, int wake) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  shared_.map_all();
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {wake, destination.fd()}) {
    const bool is_wake = fd == wake;
    epoll_event event{EPOLLIN | (is_wake ? 0U : EPOLLOUT | EPOLLET), {.fd = fd}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll does not take a descriptor.");
  }
  std::uint64_t position = shared_.end();
  Bytes bytes;
  for (;;) {
    epoll_event event{};
    if (::epoll_wait(epoll.get(), &event, 1, -1) != 1) continue;
    if (event.data.fd != wake) {
      destination.drop_input();
      destination.send_rest();
      continue;
    }
    std::array<std::uint8_t, os::kWakeBytes> count{};
    if (::read(wake, count.data(), count.size()) < 0) continue;
    bytes.clear();
    shared_.copy_from(position, bytes);
    position += bytes.size();
    destination.send(bytes);
  }
}

}  // namespace sluice::bench
