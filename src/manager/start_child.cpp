// See the header.
#include "manager/start_child.hpp"

#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "os/channel.hpp"

namespace sluice::manager {

std::expected<StartedChild, std::string> start_child(const RunDirectory& directory, ChildId id,
                                                     const std::string& program_directory,
                                                     std::vector<std::string> argv) {
  const std::string name = directory.socket_name(id);
  const auto listener = os::listen_channel(directory.run(), name);
  if (!listener) return std::unexpected("no control socket: " + listener.error().message());

  os::SpawnRequest request;
  request.program = program_directory + "/" + argv.front();
  request.argv = std::move(argv);
  request.inherit = {listener->get()};
  request.log_path = directory.log_file(id);
  auto process = os::spawn(request);
  if (!process) return std::unexpected(request.program + ": " + process.error().message());
  auto channel = os::connect_channel(directory.run(), name);
  if (!channel) {
    os::send_signal(*process, SIGKILL);
    return std::unexpected("its control socket: " + channel.error().message());
  }
  directory.write_pid(id, process->pid);
  log::info("started", {{"child", id}, {"pid", process->pid}});
  return StartedChild{std::move(*process), std::move(*channel)};
}

}  // namespace sluice::manager
