// sluice-ingest: takes the streamers' feeds and writes them into rings. Started by sluiced:
//
//   sluice-ingest RTMP:<address>:<port>      control socket as descriptor 3
//
// The argument only tells people who look at the process list; the listening socket comes from sluiced.
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "base/log.hpp"
#include "ingest/worker.hpp"
#include "os/process.hpp"

namespace {

constexpr int kControlSocket = 3;
constexpr int kExitUsage = 2;

constexpr const char* kUsage =
    "sluice-ingest receives the streamer's feed for Sluice.\n"
    "It is started by sluiced and cannot be used alone; see `sluiced --help`.\n\n"
    "  sluice-ingest RTMP:<address>:<port>\n";

}  // namespace

int main(int argc, char** argv) {
  const bool help = argc == 2 && std::string_view(argv[1]) == "--help";
  if (argc != 2 || !std::string_view(argv[1]).starts_with("RTMP:")) {
    std::fputs(kUsage, help ? stdout : stderr);
    return help ? EXIT_SUCCESS : kExitUsage;
  }
  sluice::log::open("ingest", sluice::log::Format::kText, sluice::log::Level::kInfo);
  std::signal(SIGPIPE, SIG_IGN);
  sluice::os::protect_own_memory();
  sluice::os::raise_descriptor_limit();
  try {
    boost::asio::io_context io{1};
    sluice::ingest::Worker worker{io, sluice::UniqueFd{kControlSocket}};
    worker.start();
    io.run();
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    sluice::log::error("ended by an error", {{"what", error.what()}});
    return EXIT_FAILURE;
  }
}
