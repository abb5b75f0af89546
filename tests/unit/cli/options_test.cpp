// Tests of the arguments of `sluice`.
#include "cli/options.hpp"

#include <gtest/gtest.h>

#include "cli/exit_code.hpp"

namespace sluice::cli {
namespace {

TEST(options, the_address_is_that_of_a_sluiced_of_this_machine_by_default) {
  const auto options = parse_options({"status"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->origin.host, "127.0.0.1");
  EXPECT_EQ(options->origin.port, 8080);
  EXPECT_FALSE(std::get<Status>(options->command).json);
}

TEST(options, another_address_may_stand_before_or_after_the_command) {
  for (const auto& arguments : {std::vector<std::string>{"--url", "http://[::1]:9000", "status", "--json"},
                                std::vector<std::string>{"status", "--json", "--url", "http://[::1]:9000"}}) {
    const auto options = parse_options(arguments);
    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->origin.host, "::1");
    EXPECT_EQ(options->origin.port, 9000);
    EXPECT_TRUE(std::get<Status>(options->command).json);
  }
}

TEST(options, an_addition_takes_all_its_fields_as_they_are) {
  const auto options =
      parse_options({"add", " My show ", "--server", "rtmp://h/a/", "--platform", "twitch", "--source", "2",
                     "--key-file", "-", "--on", "--backup-server", "rtmp://b/a"});
  ASSERT_TRUE(options) << options.error().text;
  const auto& add = std::get<Add>(options->command);
  EXPECT_EQ(add.name, " My show ");
  EXPECT_EQ(add.server, "rtmp://h/a/");
  EXPECT_EQ(add.backup_server, "rtmp://b/a");
  EXPECT_EQ(add.platform, "twitch");
  EXPECT_EQ(add.source, 2U);
  EXPECT_EQ(add.key_file, "-");
  EXPECT_TRUE(add.on);
}

TEST(options, an_addition_is_custom_from_source_1_without_key_and_off_unless_said_otherwise) {
  const auto options = parse_options({"add", "Name", "--server", "rtmp://h/a"});
  ASSERT_TRUE(options) << options.error().text;
  const auto& add = std::get<Add>(options->command);
  EXPECT_EQ(add.platform, "custom");
  EXPECT_EQ(add.source, 1U);
  EXPECT_EQ(add.key_file, "");
  EXPECT_FALSE(add.on);
}

TEST(options, a_clip_is_of_source_1_and_10_seconds_unless_said_otherwise) {
  const auto plain = parse_options({"clip", "record"});
  ASSERT_TRUE(plain) << plain.error().text;
  EXPECT_EQ(std::get<RecordClip>(plain->command).source, 1U);
  EXPECT_EQ(std::get<RecordClip>(plain->command).seconds, 10U);
  const auto said = parse_options({"clip", "record", "3", "--seconds", "5", "--url", "http://[::1]:9000"});
  ASSERT_TRUE(said) << said.error().text;
  EXPECT_EQ(std::get<RecordClip>(said->command).source, 3U);
  EXPECT_EQ(std::get<RecordClip>(said->command).seconds, 5U);
  EXPECT_EQ(said->origin.port, 9000);
  const auto removed = parse_options({"clip", "remove", "3"});
  ASSERT_TRUE(removed) << removed.error().text;
  EXPECT_EQ(std::get<RemoveClip>(removed->command).source, 3U);
  for (const auto& wrong :
       {std::vector<std::string>{"clip"}, std::vector<std::string>{"clip", "record", "--seconds", "16"},
        std::vector<std::string>{"clip", "record", "--seconds", "4"}}) {
    const auto refused = parse_options(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit_code, kUsage);
  }
}

TEST(options, how_a_stream_holds_is_set_when_it_is_added_and_later) {
  const auto added = parse_options({"add", "Name", "--server", "rtmp://h/a", "--hold", "0"});
  ASSERT_TRUE(added) << added.error().text;
  EXPECT_EQ(std::get<Add>(added->command).hold.hold_s, 0U);
  EXPECT_EQ(std::get<Add>(added->command).hold.stop_grace_s, std::nullopt);
  EXPECT_EQ(std::get<Add>(added->command).hold.silent_audio, std::nullopt);

  const auto changed = parse_options({"set", "7", "--stop-grace", "30", "--silent-audio", "off"});
  ASSERT_TRUE(changed) << changed.error().text;
  const auto& set = std::get<Set>(changed->command);
  EXPECT_EQ(set.id, 7U);
  EXPECT_EQ(set.hold.hold_s, std::nullopt);
  EXPECT_EQ(set.hold.stop_grace_s, 30U);
  EXPECT_EQ(set.hold.silent_audio, "off");
}

TEST(options, the_log_is_of_everything_unless_a_stream_is_named) {
  const auto all = std::get<Log>(parse_options({"log"})->command);
  EXPECT_EQ(all.stream, std::nullopt);
  EXPECT_FALSE(all.json);
  const auto one = std::get<Log>(parse_options({"log", "--stream", "7", "--json"})->command);
  EXPECT_EQ(one.stream, 7U);
  EXPECT_TRUE(one.json);
}

TEST(options, commands_for_one_stream_take_its_number) {
  EXPECT_EQ(std::get<SwitchOn>(parse_options({"on", "7"})->command).id, 7U);
  EXPECT_EQ(std::get<SwitchOff>(parse_options({"off", "7"})->command).id, 7U);
  EXPECT_EQ(std::get<Retry>(parse_options({"retry", "7"})->command).id, 7U);
  EXPECT_EQ(std::get<Remove>(parse_options({"remove", "7"})->command).id, 7U);
}

TEST(options, a_test_is_of_a_stream_or_of_a_server) {
  EXPECT_EQ(std::get<TestServer>(parse_options({"test", "7"})->command).id, 7U);
  EXPECT_EQ(std::get<TestServer>(parse_options({"test", "--server", "rtmp://h/a"})->command).server,
            "rtmp://h/a");
}

TEST(options, what_makes_no_sense_is_a_usage_error_with_a_text) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {},
           {"dance"},
           {"on"},
           {"on", "YouTube"},
           {"on", "-1"},
           {"add", "Name"},
           {"add", "--server", "rtmp://h/a"},
           {"status", "--url", "https://example.org"},
           {"add", "Name", "--server", "rtmp://h/a", "--key", "secret"},
           {"test"},
           {"test", "0"},
           {"test", "7", "--server", "rtmp://h/a"},
           {"set", "7"},
           {"log", "--stream", "YouTube"},
           {"set", "--hold", "60"},
           {"set", "7", "--hold", "-1"},
           {"set", "7", "--hold", "long"},
           {"set", "7", "--silent-audio", "maybe"},
       }) {
    const auto options = parse_options(arguments);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().exit_code, kUsage);
    EXPECT_FALSE(options.error().text.empty());
  }
}

TEST(options, help_is_no_error_and_shows_examples) {
  const auto options = parse_options({"--help"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().exit_code, kOk);
  EXPECT_NE(options.error().text.find("Examples:"), std::string::npos);
}

}  // namespace
}  // namespace sluice::cli
