// A stand-in for sluice-relay and sluice-ingest in supervisor tests: says hello and obeys, or misbehaves in
// the way the platform's name asks for:
//   mute      says nothing        stubborn  ignores SIGTERM       crash     ends when configured
//   holding   says that it holds
//   clip      says how large the clip is that it was given
//   older     is another build    ancient   is another build that has never heard of handing over
// A test of a server (PROBE) passes the steps name and tcp, with the request as their details, or misbehaves
// as the server's app says: "/mute" says nothing, "/crash" ends, "/endless" tells steps for ever.
// An ingest that listens on "ancient" does not know viewers.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/version.hpp"
#include "control/messages.hpp"
#include "control/progress.hpp"
#include "os/channel.hpp"
#include "os/shared_memory.hpp"

namespace {

using namespace sluice;

struct Worker {
  control::Hello hello;
  std::string_view behaviour;
  UniqueFd channel;
  std::optional<control::ProgressMap> page;
  UniqueFd listener;
  std::optional<control::HoldPolicy> hold;
  std::string clip = "not told";

  void greet(UniqueFd fresh) {
    channel = std::move(fresh);
    std::vector<int> fds;
    if (page) fds.push_back(page->fd());
    if (listener) fds.push_back(listener.get());
    os::send_message(channel.get(), control::encode(hello), fds);
    if (page) tell_state();
  }

  // With what it was told of a hold, so that tests see it, and the end of one in the time it was given.
  void tell_state() {
    control::RelayState state;
    state.reason = control::Reason{"source_absent", "configured", {}};
    if (hold) {
      state.reason->params = {{"hold_s", std::to_string(hold->hold_s)},
                              {"stop_grace_s", std::to_string(hold->stop_grace_s)},
                              {"silent_audio", hold->silent_audio ? "1" : "0"}};
      state.hold_until_ms = std::int64_t{1000} * hold->hold_s;
      if (behaviour == "holding") state.state = control::StreamState::kHolding;
    }
    if (behaviour == "clip") state.reason->params = {{"clip", clip}};
    os::send_message(channel.get(), control::encode(state));
  }

  // The source whose app is "busy" has a publisher. Its clips of 5 s fail.
  void record(const control::RecordClip& order) {
    if (order.seconds == 5) {
      os::send_message(channel.get(),
                       control::encode(control::ClipRecorded{order.source, "clip_no_key_frame", 0, ""}));
      return;
    }
    const auto file = os::create_shared_memory("clip", 0);
    os::write_at(file->get(), 0, as_bytes("a clip of " + std::to_string(order.seconds) + " s"));
    os::seal_content(file->get());
    os::send_message(channel.get(),
                     control::encode(control::ClipRecorded{order.source, "", order.seconds * 1000, "h1"}),
                     {file->get()});
  }

  void take(os::ChannelMessage message) {
    const auto decoded = control::decode(message.text);
    if (!decoded) std::_Exit(3);
    if (const auto* config = std::get_if<control::ConfigureRelay>(&*decoded)) {
      if (behaviour == "crash") std::_Exit(1);
      hello.config_hash = config->config_hash;
      if (auto opened = control::ProgressMap::open(std::move(message.fds.at(0)))) page = std::move(*opened);
      tell_state();
    } else if (const auto* policy = std::get_if<control::HoldPolicy>(&*decoded)) {
      hold = *policy;
      tell_state();
    } else if (std::holds_alternative<control::UseClip>(*decoded)) {
      const auto size = message.fds.empty() ? 0 : os::shared_memory_size(message.fds[0].get()).value_or(0);
      clip = message.fds.empty() ? "none" : std::to_string(size) + " bytes";
      tell_state();
    } else if (const auto* source = std::get_if<control::SetSource>(&*decoded)) {
      control::SourceFacts facts;
      facts.source = source->source;
      facts.state = source->app == "busy" ? "publishing" : "absent";
      facts.headers = source->app == "busy" ? "h1" : "";
      os::send_message(channel.get(), control::encode(facts));
    } else if (const auto* order = std::get_if<control::RecordClip>(&*decoded)) {
      record(*order);
    } else if (const auto* watch = std::get_if<control::Watch>(&*decoded)) {
      const std::string shown = "source " + std::to_string(watch->source);
      ::send(message.fds.at(0).get(), shown.data(), shown.size(), MSG_NOSIGNAL);
    } else if (std::holds_alternative<control::HandOver>(*decoded)) {
      if (behaviour != "ancient") std::_Exit(0);
      channel.reset();
    } else if (const auto* hash = std::get_if<control::ConfigHash>(&*decoded)) {
      hello.config_hash = hash->config_hash;
    } else if (std::holds_alternative<control::Listen>(*decoded)) {
      listener = std::move(message.fds.at(0));
    }
  }
};

std::optional<control::Message> hear() {
  pollfd entry{3, POLLIN, 0};
  ::poll(&entry, 1, -1);
  const auto message = os::receive_message(3);
  return message ? control::decode(message->text) : std::nullopt;
}

int probe() {
  const auto message = hear();
  const auto* request = message ? std::get_if<control::Probe>(&*message) : nullptr;
  if (request == nullptr) return 3;
  const auto tell = [](const char* step, const std::string& detail, bool last) {
    os::send_message(3, control::encode(control::ProbeStep{step, true, 1, detail, {}, last}));
  };
  if (request->server.ends_with("/crash")) return 1;
  const bool endless = request->server.ends_with("/endless");
  if (!request->server.ends_with("/mute")) {
    tell("name", request->server, false);
    for (int i = 0; endless && i < 1000; ++i) tell("tls", "", false);
    if (!endless) tell("tcp", request->tls_ca, true);
  }
  const auto end = hear();
  return end && std::holds_alternative<control::End>(*end) ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) {
  Worker worker;
  const std::string_view tag = argc > 1 ? argv[1] : "";
  if (tag == "PROBE") return probe();
  const bool relay = tag.starts_with("STREAM_ID:");
  worker.hello.role = relay ? "relay" : "ingest";
  worker.hello.takes_viewers = !relay && tag != "RTMP:ancient";
  worker.hello.build = kBuildId;
  worker.hello.pid = static_cast<int>(::getpid());
  if (relay) worker.hello.stream = std::atoll(argv[1] + 10);
  worker.behaviour = argc > 2 ? argv[2] : "";
  if (worker.behaviour == "older" || worker.behaviour == "ancient") worker.hello.build = "another";
  if (worker.behaviour == "stubborn") std::signal(SIGTERM, SIG_IGN);

  while (true) {
    pollfd entries[2] = {{3, POLLIN, 0}, {worker.channel.get(), POLLIN, 0}};
    ::poll(entries, 2, 200);
    if (worker.page) worker.page->beat(Clock::now());
    if ((entries[0].revents & POLLIN) != 0 && worker.behaviour != "mute") {
      if (auto channel = os::accept_channel(3)) worker.greet(std::move(*channel));
      continue;
    }
    if (entries[1].revents == 0) continue;
    auto message = os::receive_message(worker.channel.get());
    if (message) {
      worker.take(std::move(*message));
    } else if (message.error() != std::errc::resource_unavailable_try_again) {
      worker.channel.reset();
    }
  }
}
