// Flags and configuration file. Runs in the manager.
#include "manager/options.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/version.hpp"
#include "manager/exit_code.hpp"

namespace sluice::manager {
namespace {

constexpr const char* kAbout =
    "sluiced takes one live stream (from OBS, over RTMP) and relays it to every platform you switch on.\n"
    "It serves a page for that, by default at http://127.0.0.1:8080, and runs until Ctrl-C.";

constexpr const char* kFooter =
    "\nPoint OBS at rtmp://THIS-MACHINE:1935/live with an empty stream key.\n\n"
    "The configuration file is TOML with the same names:\n"
    "  data-dir = \"/var/lib/sluice\"\n"
    "  rtmp-listen = \"0.0.0.0:1935\"\n"
    "  http-listen = \"127.0.0.1:8080\"\n"
    "  allow-host = [\"studio.example\"]\n"
    "  play-from = \"loopback\"\n"
    "  streams-per-relay = 1\n"
    "  log-format = \"text\"\n\n"
    "A file platforms.json in the data directory replaces the built-in catalogue of platforms.\n\n"
    "Signals: SIGTERM and SIGINT end every stream, then sluiced; SIGUSR1 ends sluiced only, and the next "
    "one\n"
    "takes the running streams over.\n"
    "Exit codes: 2 usage, 3 port in use, 4 data directory, 5 database of a newer version, 6 already running.";

// As written, before anything is checked.
struct Texts {
  std::optional<std::string> data_directory, rtmp_listen, http_listen, play_from, log_format;
  std::vector<std::string> allowed_hosts;
  std::optional<std::int64_t> streams_per_relay;
};

std::string default_data_directory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/sluice";
  }
  if (::geteuid() == 0) return "/var/lib/sluice";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr || *home == '\0' ? "." : home) + "/.local/state/sluice";
}

Quit usage(const std::string& sentence) {
  return {kExitUsage, "sluiced: " + sentence + ".\nTry sluiced --help.\n"};
}

std::expected<void, Quit> read_value(const std::string& path, std::string_view name, const toml::node& node,
                                     Texts& texts) {
  const auto text = node.value_exact<std::string>();
  const auto need_text = [&](std::optional<std::string>& into) -> std::expected<void, Quit> {
    if (!text) return std::unexpected(usage(path + ": " + std::string(name) + " must be a string"));
    into = *text;
    return {};
  };
  if (name == "data-dir") return need_text(texts.data_directory);
  if (name == "rtmp-listen") return need_text(texts.rtmp_listen);
  if (name == "http-listen") return need_text(texts.http_listen);
  if (name == "play-from") return need_text(texts.play_from);
  if (name == "log-format") return need_text(texts.log_format);
  if (name == "streams-per-relay") {
    texts.streams_per_relay = node.value_exact<std::int64_t>();
    if (!texts.streams_per_relay)
      return std::unexpected(usage(path + ": streams-per-relay must be a whole number"));
    return {};
  }
  if (name != "allow-host")
    return std::unexpected(usage(path + ": there is no setting " + std::string(name)));
  if (text) {
    texts.allowed_hosts.push_back(*text);
    return {};
  }
  const toml::array* list = node.as_array();
  if (list == nullptr) return std::unexpected(usage(path + ": allow-host must be a list of names"));
  for (const toml::node& entry : *list) {
    const auto host = entry.value_exact<std::string>();
    if (!host) return std::unexpected(usage(path + ": allow-host must be a list of names"));
    texts.allowed_hosts.push_back(*host);
  }
  return {};
}

std::expected<Texts, Quit> read_file(const std::string& path) {
  Texts texts;
  try {
    const toml::table table = toml::parse_file(path);
    for (const auto& [name, node] : table) {
      if (auto read = read_value(path, name.str(), node, texts); !read) return std::unexpected(read.error());
    }
  } catch (const toml::parse_error& error) {
    return std::unexpected(usage(path + ", line " + std::to_string(error.source().begin.line) + ": " +
                                 std::string(error.description())));
  }
  return texts;
}

void fill_gaps(Texts& texts, Texts file) {
  if (!texts.data_directory) texts.data_directory = std::move(file.data_directory);
  if (!texts.rtmp_listen) texts.rtmp_listen = std::move(file.rtmp_listen);
  if (!texts.http_listen) texts.http_listen = std::move(file.http_listen);
  if (!texts.play_from) texts.play_from = std::move(file.play_from);
  if (!texts.log_format) texts.log_format = std::move(file.log_format);
  if (!texts.streams_per_relay) texts.streams_per_relay = file.streams_per_relay;
  if (texts.allowed_hosts.empty()) texts.allowed_hosts = std::move(file.allowed_hosts);
}

std::expected<Options, Quit> check(const Texts& texts) {
  Options options;
  options.data_directory = texts.data_directory.value_or(default_data_directory());
  if (options.data_directory.empty()) return std::unexpected(usage("--data-dir must not be empty"));
  auto rtmp = parse_listen_address(texts.rtmp_listen.value_or("0.0.0.0:1935"));
  if (!rtmp) return std::unexpected(usage("--rtmp-listen: " + rtmp.error()));
  auto http = parse_listen_address(texts.http_listen.value_or("127.0.0.1:8080"));
  if (!http) return std::unexpected(usage("--http-listen: " + http.error()));
  options.rtmp_listen = std::move(*rtmp);
  options.http_listen = std::move(*http);
  options.allowed_hosts = texts.allowed_hosts;
  const std::string play_from = texts.play_from.value_or("loopback");
  if (play_from != "loopback" && play_from != "anywhere")
    return std::unexpected(usage("--play-from is loopback or anywhere"));
  options.play_from_anywhere = play_from == "anywhere";
  const std::int64_t packed = texts.streams_per_relay.value_or(1);
  if (packed < 1 || packed > kMaxStreamsPerRelay) {
    return std::unexpected(usage("--streams-per-relay is 1 to " + std::to_string(kMaxStreamsPerRelay)));
  }
  options.streams_per_relay = static_cast<int>(packed);
  const std::string format = texts.log_format.value_or("text");
  if (format != "text" && format != "json") return std::unexpected(usage("--log-format is text or json"));
  options.log_format = format == "json" ? log::Format::kJson : log::Format::kText;
  return options;
}

}  // namespace

std::expected<Options, Quit> parse_options(int argc, const char* const* argv) {
  CLI::App app{kAbout, "sluiced"};
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("sluiced ") + kBuildId);
  Texts texts;
  std::string config;
  app.add_option("--config", config, "Read settings from this TOML file; flags win over it")
      ->type_name("FILE");
  app.add_option(
         "--data-dir", texts.data_directory,
         "Where the database, logs and sockets are; made when missing.\nDefault: $XDG_STATE_HOME/sluice, for "
         "root /var/lib/sluice, else ~/.local/state/sluice")
      ->type_name("DIR");
  app.add_option("--rtmp-listen", texts.rtmp_listen,
                 "Where OBS sends to. Default: 0.0.0.0:1935; [::]:1935 takes IPv6 too")
      ->type_name("ADDR:PORT");
  app.add_option("--http-listen", texts.http_listen,
                 "Where the page and the API are. Default: 127.0.0.1:8080")
      ->type_name("ADDR:PORT");
  app.add_option("--allow-host", texts.allowed_hosts,
                 "Answer to this host name too (IP addresses and localhost are always allowed); repeatable")
      ->type_name("NAME");
  bool print_addresses = false;
  app.add_flag(
      "--print-addresses", print_addresses,
      "Write to stdout, once publishers are taken, where page, RTMP and data are: lines of name=value");
  app.add_option("--play-from", texts.play_from,
                 "Whose RTMP players are served: loopback (this machine) or anywhere. Default: loopback")
      ->type_name("WHERE");
  app.add_option("--streams-per-relay", texts.streams_per_relay,
                 "How many streams of a source one relay process carries. Default: 1, so that none can take\n"
                 "another with it; more costs less. Streams that run already stay where they are")
      ->type_name("N");
  app.add_option("--log-format", texts.log_format, "How to log to stderr: text or json. Default: text")
      ->type_name("FORMAT");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Quit{0, app.help()});
  } catch (const CLI::CallForVersion& version) {
    return std::unexpected(Quit{0, std::string(version.what()) + "\n"});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage(error.what()));
  }
  if (!config.empty()) {
    auto file = read_file(config);
    if (!file) return std::unexpected(file.error());
    fill_gaps(texts, std::move(*file));
  }
  auto options = check(texts);
  if (options) options->print_addresses = print_addresses;
  return options;
}

}  // namespace sluice::manager
