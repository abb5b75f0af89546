// See the header.
#include "manager/packs.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "base/version.hpp"
#include "control/messages.hpp"
#include "os/channel.hpp"
#include "os/wake.hpp"

namespace sluice::manager {

Packs::Packs(boost::asio::io_context& io, const RunDirectory& directory, Settings settings,
             std::function<void(ChildId)> on_ended)
    : io_(io), directory_(directory), settings_(std::move(settings)), on_ended_(std::move(on_ended)) {}

// They are left alone, as all children are.
Packs::~Packs() {
  for (auto& [id, pack] : packs_) {
    if (pack.process) pack.process->let_go();
  }
}

// ---- what is there already -----------------------------------------------------------------------------

void Packs::adopt(FoundChild found) {
  Pack& pack = attend(found.id, std::move(found.process), std::move(found.channel));
  if (found.fds.size() == 1) pack.wake = std::move(found.fds.front());
  pack.takes_more = pack.wake && found.hello.build == kBuildId;
  next_ = std::min(next_, found.id - 1);
}

void Packs::adopt_stream(std::int64_t stream, std::int64_t source, ChildId id) {
  Pack& pack = packs_[id];
  pack.source = source;
  pack.streams.insert(stream);
  pack_of_[stream] = id;
}

void Packs::end_empty() {
  for (auto& [id, pack] : packs_) {
    if (pack.streams.empty()) end(pack);
  }
}

// It carries nothing. That it does not end by itself leaves no moment in which it could be given a stream.
void Packs::end(Pack& pack) {
  pack.takes_more = false;
  if (pack.process) pack.process->signal(SIGTERM);
}

// ---- streams -------------------------------------------------------------------------------------------

std::expected<StartedChild, std::string> Packs::carry(std::int64_t stream, std::int64_t source) {
  auto socket = make_control_socket(directory_, stream);
  if (!socket) return std::unexpected(socket.error());
  const auto id = with_room(source);
  if (!id) return std::unexpected(id.error());
  Pack& pack = packs_.at(*id);
  auto process = os::open_process(pack.process->pid());
  if (!process) return std::unexpected("its process: " + process.error().message());
  if (!pack.process->send(control::CarryStream{stream}, {socket->listener.get()}))
    return std::unexpected("its pack takes no orders");
  pack.streams.insert(stream);
  pack_of_[stream] = *id;
  log::info("given to a pack", {{"child", stream}, {"pack", *id}});
  return StartedChild{std::move(*process), std::move(socket->channel)};
}

void Packs::left(std::int64_t stream) {
  const auto found = pack_of_.find(stream);
  if (found == pack_of_.end()) return;
  if (const auto entry = packs_.find(found->second); entry != packs_.end()) {
    Pack& pack = entry->second;
    pack.streams.erase(stream);
    if (pack.streams.empty()) end(pack);
    if (pack.streams.empty() && !pack.process) packs_.erase(entry);
  }
  pack_of_.erase(found);
}

ChildId Packs::pack_of(std::int64_t stream) const {
  const auto found = pack_of_.find(stream);
  return found == pack_of_.end() ? kIngest : found->second;
}

int Packs::wake_of(std::int64_t stream) const {
  const auto pack = packs_.find(pack_of(stream));
  return pack == packs_.end() ? -1 : pack->second.wake.get();
}

void Packs::trim_logs() const {
  for (const auto& [id, pack] : packs_) directory_.trim_log(id);
}

// ---- processes -----------------------------------------------------------------------------------------

std::expected<ChildId, std::string> Packs::with_room(std::int64_t source) {
  const auto limit = static_cast<std::size_t>(settings_.streams_per_relay);
  for (const auto& [id, pack] : packs_) {
    const bool fits = pack.takes_more && pack.source == source && pack.streams.size() < limit;
    if (fits && !pack.process->has_ended()) return id;
  }
  return start(source);
}

std::expected<ChildId, std::string> Packs::start(std::int64_t source) {
  auto wake = os::create_wake();
  if (!wake) return std::unexpected("no wake-up: " + wake.error().message());
  const ChildId id = next_--;
  auto started = start_child(
      directory_, id, settings_.program_directory,
      {"sluice-relay", "PACK:" + std::to_string(pack_number(id)), "SOURCE:" + std::to_string(source)});
  if (!started) return std::unexpected(started.error());
  Pack& pack = attend(id, std::move(started->process), std::move(started->channel));
  pack.source = source;
  pack.wake = std::move(*wake);
  pack.takes_more = true;
  pack.process->send(control::UseWake{}, {pack.wake.get()});
  return id;
}

Packs::Pack& Packs::attend(ChildId id, os::Process process, UniqueFd channel) {
  Pack& pack = packs_[id];
  pack.process = std::make_shared<ChildProcess>(
      io_, std::move(process),
      ChildProcess::Callbacks{.on_message = {},  // a pack has nothing to tell but its hello
                              .on_channel_lost = [this, id] { reconnect(id); },
                              .on_ended = [this, id](std::optional<os::ExitStatus>) { ended(id); }});
  pack.process->start();
  pack.process->talk_over(std::move(channel));
  return pack;
}

// One that is about to end cannot be reached any more; one that can is as good as before.
void Packs::reconnect(ChildId id) {
  Pack& pack = packs_.at(id);
  auto channel = os::connect_channel(directory_.run(), directory_.socket_name(id));
  if (channel) {
    pack.process->talk_over(std::move(*channel));
  } else {
    pack.takes_more = false;
  }
}

void Packs::ended(ChildId id) {
  log::info("ended", {{"child", id}});
  packs_.erase(id);
  directory_.remove(id);
  on_ended_(id);
}

}  // namespace sluice::manager
