// What each command does. Runs in the command line.
#pragma once

#include <functional>
#include <ostream>

#include "base/secret.hpp"
#include "cli/api.hpp"
#include "cli/format.hpp"
#include "cli/options.hpp"

namespace sluice::cli {

// The world outside, so that tests can stand in for it.
struct World {
  Transport transport;
  // The key for --key-file; the path is never empty.
  std::function<Result<Secret>(const std::string& path)> read_key;
  std::function<WallTime()> now;
  std::ostream& out;
  Language language = Language::kEnglish;
};

// Prints to `world.out` on success; a failure is left to the caller to print.
Result<void> run(const Command& command, const World& world);

}  // namespace sluice::cli
