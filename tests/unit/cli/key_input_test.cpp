// Tests of how a stream key is read.
#include "cli/key_input.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <thread>

#include "base/fd.hpp"

namespace sluice::cli {
namespace {

std::string read(const std::string& bytes) {
  std::istringstream in(bytes);
  const auto key = read_key(in);
  return key ? std::string(key->reveal()) : "error: " + std::string(sentence(key.error()));
}

TEST(key_input, one_line_end_after_the_key_is_left_out) {
  EXPECT_EQ(read("abc"), "abc");
  EXPECT_EQ(read("abc\n"), "abc");
  EXPECT_EQ(read("abc\r\n"), "abc");
  EXPECT_EQ(read("abc\n\n"), "abc\n");
}

TEST(key_input, nothing_else_is_trimmed_or_changed) {
  EXPECT_EQ(read(" a b?c=1&d= \t"), " a b?c=1&d= \t");
  EXPECT_EQ(read("abc\r"), "abc\r");
  EXPECT_EQ(read(""), "");
}

TEST(key_input, a_key_of_the_greatest_length_is_read_and_a_longer_one_refused) {
  const std::string longest(kMaxKeyBytes, 'k');
  EXPECT_EQ(read(longest), longest);
  EXPECT_EQ(read(longest + "\r\n"), longest);
  std::istringstream longer(longest + "k");
  EXPECT_EQ(read_key(longer).error(), KeyError::kTooLong);
  std::istringstream much_longer(std::string(100 * kMaxKeyBytes, 'k'));
  EXPECT_EQ(read_key(much_longer).error(), KeyError::kTooLong);
}

TEST(key_input, a_file_that_is_not_there_or_no_file_is_unreadable) {
  EXPECT_EQ(read_key_file("/nonexistent/key").error(), KeyError::kUnreadable);
  EXPECT_EQ(read_key_file("/").error(), KeyError::kUnreadable);
}

// A terminal with a person at it: what is typed at `person` is read from `program`.
struct Terminal {
  UniqueFd person;
  UniqueFd program;

  Terminal() {
    int master = -1;
    int slave = -1;
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    person = UniqueFd(master);
    program = UniqueFd(slave);
  }
  termios settings() const {
    termios now{};
    EXPECT_EQ(::tcgetattr(program.get(), &now), 0);
    return now;
  }
  std::string read_until(std::string_view end) const {
    std::string seen;
    std::array<char, 256> buffer{};
    while (!seen.ends_with(end)) {
      const ssize_t size = ::read(person.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      seen.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return seen;
  }
  void type(std::string_view text) const {
    EXPECT_EQ(::write(person.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
};

struct Asked {
  std::expected<Secret, KeyError> key;
  std::string seen;  // on the screen, after the prompt
};

Asked ask(std::string_view typed) {
  const Terminal terminal;
  Asked asked{std::unexpected(KeyError::kUnreadable), ""};
  std::thread program([&] { asked.key = ask_key(terminal.program.get(), "Key: "); });
  EXPECT_EQ(terminal.read_until("Key: "), "Key: ");
  terminal.type(typed);
  asked.seen = terminal.read_until("\n");
  program.join();
  return asked;
}

TEST(key_input, a_key_typed_at_a_terminal_is_not_shown) {
  const Asked asked = ask("top secret\r");
  ASSERT_TRUE(asked.key);
  EXPECT_EQ(asked.key->reveal(), "top secret");
  EXPECT_EQ(asked.seen, "\r\n");
}

TEST(key_input, a_typed_key_can_be_corrected) {
  EXPECT_EQ(ask("wrong\x15"
                "abx\x7f"
                "c\r")
                .key->reveal(),
            "abc");
  EXPECT_EQ(ask("aé\x7f"
                "b\r")
                .key->reveal(),
            "ab");
}

TEST(key_input, control_c_cancels_at_a_terminal) {
  EXPECT_EQ(ask("half a ke\x03").key.error(), KeyError::kCancelled);
  EXPECT_EQ(ask("\x04").key.error(), KeyError::kCancelled);
}

TEST(key_input, the_terminal_is_left_as_it_was) {
  const Terminal terminal;
  const tcflag_t before = terminal.settings().c_lflag;
  std::thread program([&] { EXPECT_FALSE(ask_key(terminal.program.get(), "Key: ")); });
  terminal.read_until("Key: ");
  EXPECT_EQ(terminal.settings().c_lflag & static_cast<tcflag_t>(ECHO), 0U);
  terminal.type("\x03");
  program.join();
  EXPECT_EQ(terminal.settings().c_lflag, before);
}

TEST(key_input, what_is_no_terminal_cannot_be_asked) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(ask_key(reader.get(), "Key: ").error(), KeyError::kUnreadable);
}

}  // namespace
}  // namespace sluice::cli
