// Reading a stream key from where nobody else sees it: a file, standard input, or a terminal without echo.
// Never from arguments or the environment, which other users of the machine can read. Runs in the command
// line.
#pragma once

#include <cstdint>
#include <expected>
#include <istream>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace sluice::cli {

inline constexpr std::size_t kMaxKeyBytes = 1024;  // sluiced takes no more

enum class KeyError : std::uint8_t {
  kUnreadable,
  kTooLong,
  kCancelled,
};
std::string_view sentence(KeyError error);

// Everything up to the end, byte for byte, but for one line end (LF or CR LF) after it: editors and `echo`
// add that, and no platform's key ends in one.
std::expected<Secret, KeyError> read_key(std::istream& in);
std::expected<Secret, KeyError> read_key_file(const std::string& path);

// Asks on the terminal `fd`, and shows nothing of what is typed. Backspace and Ctrl-U edit; Ctrl-C and
// Ctrl-D (on an empty line) cancel. The terminal is left as it was.
std::expected<Secret, KeyError> ask_key(int fd, std::string_view prompt);

}  // namespace sluice::cli
