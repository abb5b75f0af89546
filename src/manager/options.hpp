// What sluiced is started with: flags over the --config file over defaults. Runs in the manager.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "manager/address.hpp"

namespace sluice::manager {

// As many orders may wait in the socket of a pack that has just been started.
inline constexpr int kMaxStreamsPerRelay = 250;

struct Options {
  std::string data_directory;
  ListenAddress rtmp_listen;
  ListenAddress http_listen;
  std::vector<std::string> allowed_hosts;
  bool play_from_anywhere = false;
  int streams_per_relay = 1;  // 1 to kMaxStreamsPerRelay
  log::Format log_format = log::Format::kText;
  bool print_addresses = false;  // on stdout, once publishers are taken
};

// Do not start: print `text` (on stdout when the code is 0) and exit.
struct Quit {
  int exit_code = 0;
  std::string text;
};

std::expected<Options, Quit> parse_options(int argc, const char* const* argv);

}  // namespace sluice::manager
