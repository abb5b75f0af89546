// Reading a stream key. Runs in the command line.
#include "cli/key_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

namespace sluice::cli {
namespace {

// Turns echo and line editing off. Signals too: a Ctrl-C that killed us would leave the terminal mute.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (changed_) changed_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  bool quiet() const { return changed_; }

 private:
  int fd_;
  termios before_{};
  bool changed_;
};

void say(int fd, std::string_view text) {
  // A prompt that cannot be written is no reason not to read.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

void erase_last_character(std::string& line) {
  constexpr auto continues = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; };
  while (!line.empty() && continues(line.back())) line.pop_back();
  if (!line.empty()) line.pop_back();
}

std::expected<Secret, KeyError> read_line(int fd) {
  constexpr char kCtrlC = 0x03;
  constexpr char kCtrlD = 0x04;
  constexpr char kBackspace = 0x08;
  constexpr char kCtrlU = 0x15;
  constexpr char kDelete = 0x7F;
  std::string line;
  line.reserve(kMaxKeyBytes + 1);  // so that no growth leaves a copy behind
  while (true) {
    char byte = 0;
    const ssize_t size = ::read(fd, &byte, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(KeyError::kUnreadable);
    const bool ended = size == 0 || byte == kCtrlD;
    if ((ended && line.empty()) || byte == kCtrlC) return std::unexpected(KeyError::kCancelled);
    if (ended || byte == '\n' || byte == '\r') return Secret(std::move(line));
    if (byte == kBackspace || byte == kDelete) {
      erase_last_character(line);
    } else if (byte == kCtrlU) {
      line.clear();
    } else if (line.size() == kMaxKeyBytes) {
      return std::unexpected(KeyError::kTooLong);
    } else {
      line.push_back(byte);
    }
  }
}

}  // namespace

std::string_view sentence(KeyError error) {
  switch (error) {
    case KeyError::kUnreadable:
      return "the stream key cannot be read";
    case KeyError::kTooLong:
      return "the stream key is longer than 1024 bytes; is it the right file?";
    case KeyError::kCancelled:
      return "cancelled, nothing was changed";
  }
  return "";
}

std::expected<Secret, KeyError> read_key(std::istream& in) {
  constexpr std::string_view kLongestLineEnd = "\r\n";
  std::string bytes(kMaxKeyBytes + kLongestLineEnd.size() + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad() || (in.fail() && !in.eof())) return std::unexpected(KeyError::kUnreadable);
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.ends_with('\n')) {
    bytes.pop_back();
    if (bytes.ends_with('\r')) bytes.pop_back();
  }
  if (bytes.size() > kMaxKeyBytes) return std::unexpected(KeyError::kTooLong);
  return Secret(std::move(bytes));
}

std::expected<Secret, KeyError> read_key_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(KeyError::kUnreadable);
  return read_key(file);
}

std::expected<Secret, KeyError> ask_key(int fd, std::string_view prompt) {
  const QuietTerminal terminal(fd);
  if (!terminal.quiet()) return std::unexpected(KeyError::kUnreadable);
  say(fd, prompt);
  auto key = read_line(fd);
  say(fd, "\n");
  return key;
}

}  // namespace sluice::cli
