// Finding the children of a previous manager. Runs in the manager, before its loop.
#include "manager/adoption.hpp"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdint>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "os/channel.hpp"

namespace sluice::manager {
namespace {

// After SIGKILL only the kernel is slow (a process that dumps memory or hangs in a driver).
constexpr std::chrono::seconds kDeathDeadline{1};

// What is there already counts, however late it is: another's silence may have cost all the patience.
bool wait_readable(int fd, Instant deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0) return true;
    if (left <= 0) return false;
  }
}

bool is_of(ChildId id, const control::Hello& hello) {
  if (id == kIngest) return hello.role == "ingest";
  if (id < kIngest) return hello.role == "pack" && hello.pack == pack_number(id);
  return hello.role == "relay" && hello.stream == id;
}

std::optional<FoundChild> greet(ChildId id, UniqueFd channel, Instant deadline) {
  if (!wait_readable(channel.get(), deadline)) return std::nullopt;
  auto message = os::receive_message(channel.get());
  if (!message) return std::nullopt;
  auto decoded = control::decode(message->text);
  auto* hello = decoded ? std::get_if<control::Hello>(&*decoded) : nullptr;
  if (hello == nullptr || !is_of(id, *hello)) return std::nullopt;
  auto process = os::open_process(hello->pid);
  if (!process) return std::nullopt;
  return FoundChild{id, std::move(*process), std::move(channel), std::move(*hello), std::move(message->fds)};
}

void kill_stuck(const RunDirectory& directory, ChildId id) {
  const auto pid = directory.living_pid(id);
  if (!pid) return;
  const auto process = os::open_process(*pid);
  if (!process) return;
  log::warning("a child does not answer: killing it", {{"child", id}, {"pid", *pid}});
  os::send_signal(*process, SIGKILL);
  wait_readable(process->pidfd.get(), Clock::now() + kDeathDeadline);
}

}  // namespace

std::vector<FoundChild> find_children(const RunDirectory& directory, std::chrono::milliseconds patience) {
  // All are called before the first is waited for, so that many stuck ones cost one patience.
  std::vector<std::pair<ChildId, UniqueFd>> called;
  for (const ChildId id : directory.children()) {
    auto channel = os::connect_channel(directory.run(), directory.socket_name(id));
    if (channel) {
      called.emplace_back(id, std::move(*channel));
    } else {
      kill_stuck(directory, id);
      directory.remove(id);
    }
  }
  std::vector<FoundChild> found;
  const Instant deadline = Clock::now() + patience;
  for (auto& [id, channel] : called) {
    if (auto child = greet(id, std::move(channel), deadline)) {
      found.push_back(std::move(*child));
    } else {
      kill_stuck(directory, id);
      directory.remove(id);
    }
  }
  return found;
}

}  // namespace sluice::manager
