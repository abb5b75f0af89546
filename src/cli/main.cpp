// `sluice`: the command line. It speaks the REST API of sluiced and nothing else.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/key_input.hpp"
#include "cli/language.hpp"
#include "cli/options.hpp"

namespace sluice::cli {
namespace {

Result<Secret> read_key_from(const std::string& path) {
  auto key = [&] {
    if (path != "-") return read_key_file(path);
    if (::isatty(STDIN_FILENO) == 1) return ask_key(STDIN_FILENO, "Stream key (not shown): ");
    return read_key(std::cin);
  }();
  if (key) return std::move(*key);
  std::string text{sentence(key.error())};
  if (path != "-") text = path + ": " + text;
  return std::unexpected(Failure{kUsage, std::move(text)});
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void explain(const Failure& failure, const Options& options) {
  std::cerr << "sluice: " << failure.text << "\n";
  if (failure.exit_code != kUnreachable) return;
  std::cerr << "Start sluiced first, or say with --url where it serves its page (tried: " << options.url
            << ").\n";
}

int main_checked(std::vector<std::string> arguments) {
  const auto options = parse_options(std::move(arguments));
  if (!options) {
    (options.error().exit_code == kOk ? std::cout : std::cerr) << options.error().text;
    return options.error().exit_code;
  }
  const auto now = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  const World world{http_transport(options->origin), read_key_from, now, std::cout,
                    language_of_locale(environment)};
  const auto done = run(options->command, world);
  if (done) return kOk;
  explain(done.error(), *options);
  return done.error().exit_code;
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
  try {
    return sluice::cli::main_checked({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "sluice: " << error.what() << "\n";
    return sluice::cli::kRefused;
  }
}
