// sluiced: the manager. Keeps what is configured, supervises ingest and relays, serves the API and the page.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/log.hpp"
#include "manager/options.hpp"
#include "manager/service.hpp"
#include "os/process.hpp"

int main(int argc, char** argv) {
  const auto options = sluice::manager::parse_options(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().exit_code == 0 ? stdout : stderr);
    return options.error().exit_code;
  }
  std::signal(SIGPIPE, SIG_IGN);
  sluice::os::protect_own_memory();
  sluice::os::raise_descriptor_limit();
  try {
    return sluice::manager::run(*options);
  } catch (const std::exception& error) {
    sluice::log::error("ended by an error", {{"what", error.what()}});
  }
  return EXIT_FAILURE;
}
