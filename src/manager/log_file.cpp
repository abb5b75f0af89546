// See the header.
#include "manager/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ranges>
#include <system_error>

#include "base/log.hpp"

namespace sluice::manager {
namespace {

// The last `limit` bytes.
std::string read_end(const std::string& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts{};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  const auto size = static_cast<std::size_t>(facts.st_size);
  off_t at = size > limit ? static_cast<off_t>(size - limit) : 0;
  std::string text;
  std::array<char, 64U << 10U> piece{};
  while (text.size() < limit) {
    const ssize_t got = ::pread(file.get(), piece.data(), piece.size(), at);
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    at += got;
  }
  return text;
}

}  // namespace

LogFile::LogFile(const std::string& directory, std::size_t max_bytes)
    : path_(directory + "/events.jsonl"), older_path_(directory + "/events.1.jsonl"), max_bytes_(max_bytes) {}

std::vector<std::string> LogFile::lines() const {
  std::vector<std::string> lines;
  for (const std::string& path : {older_path_, path_}) {
    const std::string text = read_end(path, max_bytes_);
    for (const auto line : std::views::split(text, '\n')) {
      if (!line.empty() && line.size() <= kMaxLogLineBytes) lines.emplace_back(line.begin(), line.end());
    }
  }
  return lines;
}

void LogFile::append(std::string_view line) {
  struct stat facts{};
  // Somebody may have tidied up.
  if (file_ && (::fstat(file_.get(), &facts) != 0 || facts.st_nlink == 0)) file_.reset();
  if (!file_ && !open()) return complain("opened");
  if (bytes_ + line.size() + 2 > max_bytes_) {
    rotate();
    if (!file_) return;
  }
  std::string text = torn_ ? "\n" : "";
  text += line;
  text += '\n';
  const ssize_t written = ::write(file_.get(), text.data(), text.size());
  if (written > 0) bytes_ += static_cast<std::size_t>(written);
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (whole || written > 0) torn_ = !whole;
  if (!whole) {
    if (written >= 0) errno = ENOSPC;
    complain("written");
  }
}

bool LogFile::open() {
  file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                     S_IRUSR | S_IWUSR));
  struct stat facts{};
  if (!file_ || ::fstat(file_.get(), &facts) != 0) return false;
  if (!S_ISREG(facts.st_mode)) {
    file_.reset();
    errno = EEXIST;
    return false;
  }
  bytes_ = static_cast<std::size_t>(facts.st_size);
  char last = '\n';
  if (bytes_ > 0 && ::pread(file_.get(), &last, 1, facts.st_size - 1) != 1) last = '\0';
  torn_ = last != '\n';
  return true;
}

void LogFile::rotate() {
  file_.reset();
  if (std::rename(path_.c_str(), older_path_.c_str()) != 0) return complain("moved aside");
  if (!open()) complain("opened");
}

// Once: a full disk would make a complaint of every line, and fill the log of sluiced instead.
void LogFile::complain(const char* what) {
  const std::string why = std::generic_category().message(errno);
  if (!complained_) {
    log::warning("the event log cannot be kept on disk; what happens is not written down",
                 {{"file", path_}, {"could_not_be", what}, {"why", why}});
  }
  complained_ = true;
}

}  // namespace sluice::manager
