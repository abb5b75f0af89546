// sluice-relay: carries a stream to its platform, or a pack of streams of one source, or tests a server.
// Started by sluiced with a control socket as descriptor 3:
//
//   sluice-relay STREAM_ID:<id> <platform>
//   sluice-relay PACK:<number> SOURCE:<id>
//   sluice-relay PROBE
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/version.hpp"
#include "os/process.hpp"
#include "relay/pack.hpp"
#include "relay/prober.hpp"

namespace {

using sluice::relay::Pack;

constexpr int kControlSocket = 3;
constexpr int kExitUsage = 2;

constexpr const char* kUsage =
    "sluice-relay carries a stream of Sluice to its platform, or several streams of one source, or tests a\n"
    "server.\n"
    "It is started by sluiced and cannot be used alone; see `sluiced --help`.\n\n"
    "  sluice-relay STREAM_ID:<id> <platform>\n"
    "  sluice-relay PACK:<number> SOURCE:<id>\n"
    "  sluice-relay PROBE\n";

// The number behind `prefix`.
std::optional<std::int64_t> parse(std::string_view argument, std::string_view prefix) {
  if (!argument.starts_with(prefix)) return std::nullopt;
  argument.remove_prefix(prefix.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  const bool whole = error == std::errc{} && end == argument.data() + argument.size();
  return whole && number > 0 ? std::optional(number) : std::nullopt;
}

[[noreturn]] void end_with(boost::asio::io_context& io) {
  io.run();
  // A resolver thread may still hang in getaddrinfo: nobody waits for it.
  std::_Exit(EXIT_SUCCESS);
}

using Carrying = std::unique_ptr<Pack> (*)(boost::asio::io_context&, std::int64_t, sluice::UniqueFd);

[[noreturn]] void run(Carrying carrying, std::int64_t number) {
  boost::asio::io_context io{1};
  const auto pack = carrying(io, number, sluice::UniqueFd{kControlSocket});
  pack->start();
  end_with(io);
}

[[noreturn]] void run_probe() {
  boost::asio::io_context io{1};
  sluice::relay::Prober prober(io, sluice::UniqueFd{kControlSocket});
  prober.start();
  end_with(io);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view argument = argc < 2 ? "" : argv[1];
  const auto stream = parse(argument, "STREAM_ID:");
  const auto pack = parse(argument, "PACK:");
  const bool probe = argc == 2 && argument == "PROBE";
  if (!stream && !pack && !probe) {
    const bool asked = argc == 2 && argument == "--help";
    std::fputs(kUsage, asked ? stdout : stderr);
    return asked ? EXIT_SUCCESS : kExitUsage;
  }
  sluice::log::open("relay", sluice::log::Format::kText, sluice::log::Level::kInfo);
  std::signal(SIGPIPE, SIG_IGN);
  sluice::os::protect_own_memory();
  sluice::os::raise_descriptor_limit();
  try {
    if (probe) run_probe();
    if (pack) run(Pack::of_many, *pack);
    run(Pack::of_one, *stream);
  } catch (const std::exception& error) {
    sluice::log::error("ended by an error", {{"argument", argument}, {"what", error.what()}});
  }
  return EXIT_FAILURE;
}
