// Flags, the configuration file, and addresses to listen on.
#include "manager/options.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "manager/exit_code.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

std::expected<Options, Quit> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sluiced");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

std::string file_with(const TempDirectory& directory, const std::string& text) {
  std::string path = directory.path() + "/config.toml";
  std::ofstream(path) << text;
  return path;
}

TEST(Options, the_defaults_are_those_of_the_contract) {
  const auto options = parse({});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->rtmp_listen.text(), "0.0.0.0:1935");
  EXPECT_EQ(options->http_listen.text(), "127.0.0.1:8080");
  EXPECT_TRUE(options->http_listen.is_loopback());
  EXPECT_FALSE(options->data_directory.empty());
}

TEST(Options, flags_win_over_the_file_and_the_file_over_the_defaults) {
  const TempDirectory directory;
  const std::string path = file_with(directory,
                                     "data-dir = \"/from/file\"\nhttp-listen = \"127.0.0.1:1\"\n"
                                     "allow-host = [\"a.example\", \"b.example\"]\nlog-format = \"json\"\n"
                                     "play-from = \"anywhere\"\nstreams-per-relay = 20\n");
  const auto options = parse({"--config", path.c_str(), "--http-listen", "[::1]:2"});
  ASSERT_TRUE(options.has_value()) << options.error().text;
  EXPECT_EQ(options->data_directory, "/from/file");
  EXPECT_EQ(options->http_listen.text(), "[::1]:2");
  EXPECT_EQ(options->allowed_hosts, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(options->log_format, log::Format::kJson);
  EXPECT_TRUE(options->play_from_anywhere);
  EXPECT_FALSE(parse({})->play_from_anywhere);
  EXPECT_EQ(options->streams_per_relay, 20);
  EXPECT_EQ(parse({"--config", path.c_str(), "--streams-per-relay", "3"})->streams_per_relay, 3);
  EXPECT_EQ(parse({})->streams_per_relay, 1);
}

TEST(Options, every_mistake_is_a_usage_error_with_a_sentence) {
  const TempDirectory directory;
  const std::string unknown = file_with(directory, "colour = \"red\"\n");
  const TempDirectory other;
  const std::string no_number = file_with(other, "streams-per-relay = \"many\"\n");
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"--nonsense"},
                                                    {"--rtmp-listen", "1935"},
                                                    {"--http-listen", "localhost:99999"},
                                                    {"--log-format", "xml"},
                                                    {"--play-from", "home"},
                                                    {"--config", "/no/such/file.toml"},
                                                    {"--config", unknown.c_str()},
                                                    {"--config", no_number.c_str()},
                                                    {"--streams-per-relay", "0"},
                                                    {"--streams-per-relay", "251"},
                                                    {"--data-dir", ""}}) {
    const auto options = parse(arguments);
    ASSERT_FALSE(options.has_value()) << arguments[0];
    EXPECT_EQ(options.error().exit_code, kExitUsage);
    EXPECT_NE(options.error().text.find("--help"), std::string::npos);
  }
}

TEST(Options, a_type_or_syntax_error_in_the_file_is_explained) {
  const TempDirectory directory;
  EXPECT_NE(parse({"--config", file_with(directory, "data-dir = 7\n").c_str()}).error().text.find("data-dir"),
            std::string::npos);
  EXPECT_NE(parse({"--config", file_with(directory, "\n\nx =\n").c_str()}).error().text.find("line 3"),
            std::string::npos);
}

TEST(Options, help_goes_to_stdout_and_tells_about_files_signals_and_exit_codes) {
  const auto help = parse({"--help"});
  ASSERT_FALSE(help.has_value());
  EXPECT_EQ(help.error().exit_code, 0);
  for (const char* word : {"--data-dir", "--rtmp-listen", "--config", "SIGUSR1", "Exit codes"}) {
    EXPECT_NE(help.error().text.find(word), std::string::npos) << word;
  }
}

TEST(Options, addresses_are_printed_only_when_asked_for) {
  EXPECT_FALSE(parse({})->print_addresses);
  EXPECT_TRUE(parse({"--print-addresses"})->print_addresses);
}

TEST(ListenAddress, takes_ip_literals_and_localhost_with_a_port) {
  EXPECT_EQ(parse_listen_address("localhost:80")->text(), "127.0.0.1:80");
  EXPECT_EQ(parse_listen_address("[::]:1935")->text(), "[::]:1935");
  EXPECT_TRUE(parse_listen_address("[::]:1935")->is_any());
  for (const char* text :
       {"", ":1", "1935", "host.example:1", "::1:80", "[127.0.0.1]:1", "1.2.3.4:", "1.2.3.4:x", "[::1]"}) {
    EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
  }
}

TEST(ListenAddress, a_port_that_is_taken_is_address_in_use) {
  const auto first = listen_on({"127.0.0.1", 0});
  ASSERT_TRUE(first.has_value());
  const auto where = listening_at(first->get());
  ASSERT_TRUE(where.has_value());
  const auto second = listen_on(*where);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), std::errc::address_in_use);
}

}  // namespace
}  // namespace sluice::manager
