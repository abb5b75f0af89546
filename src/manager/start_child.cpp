// See the header.
#include "manager/start_child.hpp"

#include <utility>

#include "base/log.hpp"
#include "os/channel.hpp"

namespace sluice::manager {

std::expected<ControlSocket, std::string> make_control_socket(const RunDirectory& directory, ChildId id) {
  const std::string name = directory.socket_name(id);
  auto listener = os::listen_channel(directory.run(), name);
  if (!listener) return std::unexpected("no control socket: " + listener.error().message());
  auto channel = os::connect_channel(directory.run(), name);
  if (!channel) return std::unexpected("its control socket: " + channel.error().message());
  return ControlSocket{std::move(*listener), std::move(*channel)};
}

std::expected<StartedChild, std::string> start_child(const RunDirectory& directory, ChildId id,
                                                     const std::string& program_directory,
                                                     std::vector<std::string> argv) {
  auto socket = make_control_socket(directory, id);
  if (!socket) return std::unexpected(socket.error());
  os::SpawnRequest request;
  request.program = program_directory + "/" + argv.front();
  request.argv = std::move(argv);
  request.inherit = {socket->listener.get()};
  request.log_path = directory.log_file(id);
  auto process = os::spawn(request);
  if (!process) return std::unexpected(request.program + ": " + process.error().message());
  directory.write_pid(id, process->pid);
  log::info("started", {{"child", id}, {"pid", process->pid}});
  return StartedChild{std::move(*process), std::move(socket->channel)};
}

}  // namespace sluice::manager
