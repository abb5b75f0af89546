// Parsing of the arguments, and the help. Runs in the command line.
#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "base/version.hpp"
#include "cli/exit_code.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8080";

constexpr const char* kAbout =
    "Controls Sluice, which sends one live stream to many platforms.\n"
    "It talks to a running sluiced; whatever it does can also be done on sluiced's page.";

constexpr const char* kExamples =
    "Examples:\n"
    "  sluice status                          what comes in, and where it goes\n"
    "  sluice add YouTube --platform youtube \\\n"
    "      --server rtmps://a.rtmps.youtube.com:443/live2 --key-file -\n"
    "                                         asks for the stream key without showing it\n"
    "  sluice on 3                            switch stream 3 on; 'off 3' switches it off\n"
    "  sluice retry 3                         do not wait for its next try\n"
    "  sluice log --stream 3                  what happened to it, and when\n"
    "  sluice set 3 --hold 300                bridge breaks of OBS of up to five minutes\n"
    "\n"
    "Exit status: 0 done, 1 sluiced said no or a test has failed, 2 wrong arguments, 3 sluiced cannot be "
    "reached.";

void add_status(CLI::App& app, Command& command) {
  auto* sub = app.add_subcommand("status", "Show the sources and the streams");
  auto status = std::make_shared<Status>();
  sub->add_flag("--json", status->json, "Print JSON, for scripts");
  sub->callback([status, &command] { command = *status; });
}

void add_hold_options(CLI::App& sub, HoldSettings& hold) {
  sub.add_option(
         "--hold", hold.hold_s,
         "How many seconds (0 to 3600) viewers are shown a still picture or the source's clip when the "
         "connection to the source broke, before the show ends; 0: nothing is sent meanwhile")
      ->type_name("SECONDS");
  sub.add_option("--stop-grace", hold.stop_grace_s,
                 "The same after streaming was stopped (0 to 300): it can be started again in the same show")
      ->type_name("SECONDS");
  sub.add_option("--silent-audio", hold.silent_audio,
                 "Silence for a source without sound: auto (for platforms that need sound), on or off")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->type_name("WHEN");
}

void add_add(CLI::App& app, Command& command) {
  auto* sub = app.add_subcommand("add", "Add a stream: a platform to send to");
  auto add = std::make_shared<Add>();
  sub->add_option("name", add->name, "What you want to call it")->required()->type_name("NAME");
  sub->add_option("--server", add->server, "Its server, without the key: rtmp://… or rtmps://…")
      ->required()
      ->type_name("URL");
  sub->add_option("--backup-server", add->backup_server,
                  "Used with the same key when the server has failed three times in a row")
      ->type_name("URL");
  sub->add_option("--platform", add->platform, "facebook, tiktok, youtube, twitch, onestream or custom")
      ->capture_default_str()
      ->type_name("P");
  sub->add_option("--source", add->source, "The source it sends")->capture_default_str()->type_name("ID");
  sub->add_option("--key-file", add->key_file,
                  "File that holds the stream key; - reads it from standard input, or asks for it on a "
                  "terminal. Without this the key is empty. A line end after the key is left out")
      ->type_name("FILE|-");
  sub->add_flag("--on", add->on, "Switch it on right away");
  add_hold_options(*sub, add->hold);
  sub->callback([add, &command] { command = *add; });
}

void add_set(CLI::App& app, Command& command) {
  auto* sub =
      app.add_subcommand("set", "Change what a stream does while its source is away; interrupts nothing");
  auto set = std::make_shared<Set>();
  sub->add_option("id", set->id, "The stream's number, as 'sluice status' shows it")
      ->required()
      ->type_name("ID");
  add_hold_options(*sub, set->hold);
  sub->callback([set, &command] {
    const HoldSettings& hold = set->hold;
    if (!hold.hold_s && !hold.stop_grace_s && !hold.silent_audio)
      throw CLI::RequiredError("One of --hold, --stop-grace and --silent-audio");
    command = *set;
  });
}

void add_test(CLI::App& app, Command& command) {
  auto* sub = app.add_subcommand("test", "See whether a platform can be reached; nothing is sent to it");
  auto test = std::make_shared<TestServer>();
  auto* id = sub->add_option("id", test->id, "The stream's number, as 'sluice status' shows it");
  id->type_name("ID");
  sub->add_option("--server", test->server, "A server instead, without the key: rtmp://… or rtmps://…")
      ->type_name("URL")
      ->excludes(id);
  sub->callback([test, &command] {
    if (test->id == 0 && test->server.empty()) throw CLI::RequiredError("ID or --server");
    command = *test;
  });
}

template <typename T>
void add_for_stream(CLI::App& app, Command& command, const char* name, const char* about) {
  auto* sub = app.add_subcommand(name, about);
  auto target = std::make_shared<T>();
  sub->add_option("id", target->id, "The stream's number, as 'sluice status' shows it")
      ->required()
      ->type_name("ID");
  sub->callback([target, &command] { command = *target; });
}

template <typename T>
std::shared_ptr<T> add_for_clip(CLI::App& app, Command& command, const char* name, const char* about) {
  auto* sub = app.add_subcommand(name, about);
  auto target = std::make_shared<T>();
  sub->add_option("source", target->source, "The source, as 'sluice status' shows it")
      ->capture_default_str()
      ->type_name("SOURCE");
  sub->callback([target, &command] { command = *target; });
  return target;
}

void add_clip(CLI::App& app, Command& command) {
  auto* clip = app.add_subcommand("clip", "What viewers see while a source is away: a “be right back” clip");
  clip->require_subcommand(1);
  clip->fallthrough();
  const auto record = add_for_clip<RecordClip>(
      *clip, command, "record", "Record one; show your “be right back” scene in OBS meanwhile");
  clip->get_subcommand("record")
      ->add_option("--seconds", record->seconds,
                   "How long; it becomes a little longer, to end at a key frame")
      ->capture_default_str()
      ->check(CLI::Range(5, 15))
      ->type_name("N");
  add_for_clip<RemoveClip>(*clip, command, "remove", "Remove it; viewers then see a still picture");
}

void add_events(CLI::App& app, Command& command) {
  auto* sub = app.add_subcommand("events", "Follow what happens, until you press Ctrl-C");
  auto events = std::make_shared<Events>();
  sub->add_flag("--json", events->json, "Print every event, also the counters of each second, as JSON lines");
  sub->callback([events, &command] { command = *events; });
}

void add_log(CLI::App& app, Command& command) {
  auto* sub = app.add_subcommand("log", "Show what happened when, the newest last");
  auto log = std::make_shared<Log>();
  sub->add_option("--stream", log->stream,
                  "Only what is of this stream; its number, as 'sluice status' shows it")
      ->type_name("ID");
  sub->add_flag("--json", log->json, "Print JSON lines, for scripts");
  sub->callback([log, &command] { command = *log; });
}

}  // namespace

std::expected<Options, TextOnly> parse_options(std::vector<std::string> arguments) {
  Options options{.origin = {}, .url = kDefaultUrl, .command = {}};
  CLI::App app(kAbout, "sluice");
  app.set_version_flag("--version", std::string("sluice ") + kVersion);
  app.set_help_all_flag("--help-all", "Print the help of all commands");
  app.add_option("--url", options.url, "Where sluiced serves its page")
      ->capture_default_str()
      ->type_name("URL");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough();  // so that --url may also stand after the command

  add_status(app, options.command);
  add_add(app, options.command);
  add_set(app, options.command);
  add_for_stream<SwitchOn>(app, options.command, "on", "Switch a stream on");
  add_for_stream<SwitchOff>(app, options.command, "off", "Switch a stream off");
  add_for_stream<Retry>(app, options.command, "retry", "Try again now to reach a platform");
  add_test(app, options.command);
  add_for_stream<Remove>(app, options.command, "remove", "Switch a stream off and forget it");
  add_clip(app, options.command);
  add_events(app, options.command);
  add_log(app, options.command);

  try {
    std::ranges::reverse(arguments);  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked = app.exit(error, out, err) == 0;
    return std::unexpected(TextOnly{asked ? kOk : kUsage, asked ? out.str() : err.str()});
  }
  auto origin = http::parse_origin(options.url);
  if (!origin) return std::unexpected(TextOnly{kUsage, "--url: " + origin.error() + "\n"});
  options.origin = std::move(*origin);
  return options;
}

}  // namespace sluice::cli
