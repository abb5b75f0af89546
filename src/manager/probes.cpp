// See the header.
#include "manager/probes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "control/reason.hpp"
#include "manager/child_process.hpp"
#include "os/channel.hpp"
#include "os/process.hpp"

namespace sluice::manager {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kMostSteps = 4;
// For a killed process to be gone; what takes longer hangs in the kernel, and nobody waits for it.
constexpr Duration kKillPatience = std::chrono::seconds{2};

Problem not_started(const std::string& why) {
  auto reason = control::make_reason("relay_not_started", {{"why", why}});
  std::string detail = reason.text;
  return {503, std::move(detail), "", std::move(reason)};
}

}  // namespace

struct Probes::Run {
  explicit Run(asio::io_context& io) : deadline(io), over(io) {}

  void take(const control::Message& message) {
    const auto* step = std::get_if<control::ProbeStep>(&message);
    if (step == nullptr || complete || steps.size() == kMostSteps) return process->signal(SIGKILL);
    steps.push_back(*step);
    complete = step->last;
    if (complete) process->send(control::End{});
  }

  std::shared_ptr<ChildProcess> process;
  asio::steady_timer deadline;
  asio::steady_timer over;  // cancelled when the process has ended
  Steps steps;
  bool complete = false;
};

Probes::Probes(asio::io_context& io, const RunDirectory& directory, std::string programs, Duration patience)
    : io_(io), directory_(directory), programs_(std::move(programs)), patience_(patience) {}

Probes::~Probes() {
  for (const auto& run : running_) {
    run->process->signal(SIGKILL);
    run->process->let_go();
  }
}

asio::awaitable<std::expected<Probes::Steps, Problem>> Probes::run(control::Probe request) {
  if (running_.size() >= kMaxProbes) {
    co_return std::unexpected(
        Problem{503, "Four tests are running already. Try again when one of them has ended.", "", {}});
  }
  const auto run = std::make_shared<Run>(io_);
  if (const auto started = start(run, request); !started) {
    log::error("cannot start a test", {{"why", started.error()}});
    co_return std::unexpected(not_started(started.error()));
  }
  run->over.expires_after(patience_ + kKillPatience);
  error_code ignored;
  co_await run->over.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (run->complete) co_return std::move(run->steps);
  log::error("a test has ended without a result", {{"steps", run->steps.size()}});
  co_return std::unexpected(
      Problem{503, "The test has ended without a result. The file probe.log of Sluice may say why.", "", {}});
}

std::expected<void, std::string> Probes::start(const std::shared_ptr<Run>& run,
                                               const control::Probe& request) {
  auto channel = os::channel_pair();
  if (!channel) return std::unexpected("no channel to it: " + channel.error().message());
  os::SpawnRequest spawn;
  spawn.program = programs_ + "/sluice-relay";
  spawn.argv = {"sluice-relay", "PROBE"};
  spawn.inherit = {channel->second.get()};
  spawn.log_path = directory_.probe_log();
  auto process = os::spawn(spawn);
  if (!process) return std::unexpected(spawn.program + ": " + process.error().message());
  const auto of = [weak = std::weak_ptr(run)](auto&& what) {
    if (const auto self = weak.lock()) what(self);
  };
  run->process = std::make_shared<ChildProcess>(
      io_, std::move(*process),
      ChildProcess::Callbacks{
          [of](const control::Message& message, const std::vector<UniqueFd>&) {
            of([&](const auto& self) { self->take(message); });
          },
          // It has nothing more to tell, whatever it goes on doing.
          [of] { of([](const auto& self) { self->process->signal(SIGKILL); }); },
          [of, this](std::optional<os::ExitStatus>) { of([this](const auto& self) { on_ended(self); }); }});
  running_.insert(run);
  run->process->start();
  run->process->talk_over(std::move(channel->first));
  run->process->send(request);
  await_deadline(run);
  return {};
}

void Probes::await_deadline(const std::shared_ptr<Run>& run) {
  run->deadline.expires_after(patience_);
  run->deadline.async_wait([weak = std::weak_ptr(run)](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    log::warning("a test does not end: killing it", {{"pid", self->process->pid()}});
    self->process->signal(SIGKILL);
  });
}

void Probes::on_ended(const std::shared_ptr<Run>& run) {
  run->deadline.cancel();
  run->over.cancel();
  running_.erase(run);
}

}  // namespace sluice::manager
