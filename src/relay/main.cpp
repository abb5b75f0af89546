// sluice-relay: carries one stream to one platform. Started by sluiced:
//
//   sluice-relay STREAM_ID:<id> <platform>      control socket as descriptor 3
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "base/log.hpp"
#include "base/version.hpp"
#include "os/process.hpp"
#include "relay/worker.hpp"

namespace {

constexpr int kControlSocket = 3;
constexpr int kExitUsage = 2;

constexpr const char* kUsage =
    "sluice-relay carries one stream of Sluice to one platform.\n"
    "It is started by sluiced and cannot be used alone; see `sluiced --help`.\n\n"
    "  sluice-relay STREAM_ID:<id> <platform>\n";

bool parse_stream(std::string_view argument, std::int64_t& stream) {
  constexpr std::string_view kPrefix = "STREAM_ID:";
  if (!argument.starts_with(kPrefix)) return false;
  argument.remove_prefix(kPrefix.size());
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), stream);
  return error == std::errc{} && end == argument.data() + argument.size() && stream > 0;
}

[[noreturn]] void run(std::int64_t stream) {
  boost::asio::io_context io{1};
  sluice::relay::Worker worker{io, stream, sluice::UniqueFd{kControlSocket}};
  worker.start();
  io.run();
  // A resolver thread may still hang in getaddrinfo: nobody waits for it.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t stream = 0;
  if (argc < 2 || !parse_stream(argv[1], stream)) {
    std::fputs(kUsage, argc == 2 && std::string_view(argv[1]) == "--help" ? stdout : stderr);
    return argc == 2 && std::string_view(argv[1]) == "--help" ? EXIT_SUCCESS : kExitUsage;
  }
  sluice::log::open("relay", sluice::log::Format::kText, sluice::log::Level::kInfo);
  std::signal(SIGPIPE, SIG_IGN);
  sluice::os::protect_own_memory();
  sluice::os::return_freed_memory();
  try {
    run(stream);
  } catch (const std::exception& error) {
    sluice::log::error("ended by an error", {{"stream", stream}, {"what", error.what()}});
  }
  return EXIT_FAILURE;
}
