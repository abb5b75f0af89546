// What the arguments of `sluice` mean. Runs in the command line.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "http/client.hpp"

namespace sluice::cli {

using StreamId = std::uint32_t;

struct Status {
  bool json = false;
};
// What a stream does while its source is away or without sound; what is not given stays as it is, and is
// sluiced's default for a new stream.
struct HoldSettings {
  std::optional<std::uint32_t> hold_s = {};
  std::optional<std::uint32_t> stop_grace_s = {};
  std::optional<std::string> silent_audio = {};  // "auto", "on" or "off"
};
struct Add {
  std::string name;
  std::string server;
  std::string backup_server = {};  // empty: none
  std::string platform = "custom";
  std::uint32_t source = 1;
  std::string key_file = {};  // empty: no key; "-": standard input. A key itself is never an argument.
  bool on = false;
  HoldSettings hold = {};
};
struct Set {
  StreamId id = 0;
  HoldSettings hold = {};  // at least one of them is given
};
struct SwitchOn {
  StreamId id = 0;
};
struct SwitchOff {
  StreamId id = 0;
};
struct Retry {
  StreamId id = 0;
};
// Exactly one of them is given.
struct TestServer {
  StreamId id = 0;
  std::string server = {};
};
struct Remove {
  StreamId id = 0;
};
struct RecordClip {
  std::uint32_t source = 1;
  std::uint32_t seconds = 10;
};
struct RemoveClip {
  std::uint32_t source = 1;
};
struct Events {
  bool json = false;
};
struct Log {
  std::optional<StreamId> stream = {};  // only what is of this one
  bool json = false;
};
using Command = std::variant<Status, Add, Set, SwitchOn, SwitchOff, Retry, TestServer, Remove, RecordClip,
                             RemoveClip, Events, Log>;

struct Options {
  http::Origin origin;
  std::string url;  // as given, for messages
  Command command;
};

// The arguments ask for nothing but a text: help or version (kOk, for stdout), or what is wrong with them
// (kUsage, for stderr).
struct TextOnly {
  int exit_code = 0;
  std::string text;
};

// `arguments` without the program's name.
std::expected<Options, TextOnly> parse_options(std::vector<std::string> arguments);

}  // namespace sluice::cli
