// What log lines look like, seen where they go: on stderr.
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "base/check.hpp"
#include "base/secret.hpp"

namespace sluice::log {
namespace {

template <typename Act>
std::string written_by(Act&& act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

class Log : public testing::Test {
 protected:
  ~Log() override { open("sluice", Format::kText, Level::kInfo); }
};

TEST_F(Log, a_text_line_has_time_level_program_event_and_fields) {
  open("relay", Format::kText, Level::kInfo);
  const std::string line = written_by([] {
    info("publisher connected",
         {{"source", 1}, {"live", true}, {"rate", 2.5}, {"address", "127.0.0.1:4242"}});
  });
  EXPECT_TRUE(std::regex_match(
      line, std::regex(R"re(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info    relay: publisher connected )re"
                       R"re(source=1 live=true rate=2\.5 address="127\.0\.0\.1:4242"\n)re")))
      << line;
}

TEST_F(Log, nothing_a_peer_sends_can_forge_a_line_or_end_its_quotes) {
  open("ingest", Format::kText, Level::kInfo);
  const std::string line =
      written_by([] { info("refused", {{"name", std::string("a\"b\\c\nd\r\x1b[2J\x7f") + '\0' + "e"}}); });
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find(R"(name="a\"b\\c\u000ad\u000d\u001b[2J\u007f\u0000e")"), std::string::npos) << line;
}

TEST_F(Log, a_json_line_is_one_object_with_escaped_values) {
  open("sluiced", Format::kJson, Level::kInfo);
  const std::string line = written_by([] { warning("odd", {{"text", "\"\n"}, {"count", -3}}); });
  EXPECT_TRUE(line.starts_with(R"({"time":")")) << line;
  EXPECT_TRUE(
      line.ends_with(R"("level":"warning","program":"sluiced","event":"odd","text":"\"\u000a","count":-3})"
                     "\n"))
      << line;
}

TEST_F(Log, utf8_stays_readable) {
  const std::string line = written_by([] { info("named", {{"name", "Größe"}}); });
  EXPECT_NE(line.find("Größe"), std::string::npos);
}

TEST_F(Log, lines_below_the_level_are_left_out) {
  open("relay", Format::kText, Level::kWarning);
  const std::string lines = written_by([] {
    debug("one");
    info("two");
    warning("three");
    error("four");
  });
  EXPECT_EQ(lines.find("one"), std::string::npos);
  EXPECT_EQ(lines.find("two"), std::string::npos);
  EXPECT_NE(lines.find("three"), std::string::npos);
  EXPECT_NE(lines.find("four"), std::string::npos);
}

TEST_F(Log, a_secret_cannot_be_logged) {
  static_assert(!std::is_convertible_v<Secret, Value>);
  static_assert(!std::is_constructible_v<Value, Secret>);
}

TEST(CheckDeathTest, a_broken_invariant_ends_the_process_and_names_itself) {
  EXPECT_DEATH(SLUICE_CHECK(1 + 1 == 3), "invariant broken.*1 \\+ 1 == 3");
}

}  // namespace
}  // namespace sluice::log
