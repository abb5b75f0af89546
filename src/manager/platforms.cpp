// See the header.
#include "manager/platforms.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <expected>
#include <system_error>
#include <utility>

#include "base/check.hpp"
#include "base/fd.hpp"
#include "base/log.hpp"
#include "manager/platform_reader.hpp"

namespace sluice::manager {
namespace {

std::string sentence_of(int error) {
  return "it cannot be read: " + std::generic_category().message(error);
}

std::expected<std::string, std::string> read_file(const std::string& path) {
  // Not waiting: it may be a pipe that nobody writes to.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return std::unexpected(sentence_of(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected("it is not a file");
  std::string text(kMaxPlatformsBytes + 1, '\0');  // one byte more shows that it is too large
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(sentence_of(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

Platforms::Platforms(std::string file) : file_(std::move(file)) {
  take_built_in();
  refresh();
}

Platforms::Version Platforms::version_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {.error = errno};
  return {0,
          status.st_ino,
          status.st_size,
          status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec,
          status.st_ctim.tv_nsec};
}

void Platforms::refresh() {
  const Version now = version_of(file_);
  if (seen_ == now) return;
  // Written a moment ago, it may be written again and show the same time. (A time to come is a clock that was
  // set back.)
  const std::int64_t age_s = std::time(nullptr) - now.changed_s;
  const bool settled = now.error != 0 || age_s > 1 || age_s < 0;
  seen_ = settled ? std::optional(now) : std::nullopt;
  if (now.error == ENOENT) {
    if (from_file_) log::info("the built-in catalogue of platforms is used again", {{"missing", file_}});
    problem_.clear();
    take_built_in();
  } else {
    take_file();
  }
}

void Platforms::take_file() {
  const auto text = read_file(file_);
  auto platforms = text ? read_platforms(*text) : std::unexpected(text.error());
  if (platforms) {
    if (!from_file_ || *platforms != platforms_) {
      log::info("the catalogue of platforms is a file's",
                {{"file", file_}, {"platforms", platforms->size()}});
    }
    problem_.clear();
    from_file_ = true;
    return take(std::move(*platforms));
  }
  const std::string problem =
      "The file platforms.json in the data directory is not used, " +
      std::string(from_file_ ? "what it was before is: " : "the built-in catalogue is: ") +
      platforms.error() + ".";
  if (problem != problem_) {
    log::warning("a catalogue of platforms is not used", {{"file", file_}, {"why", platforms.error()}});
  }
  // What counts stays as it is: a file that is being saved must not change what live streams are sent.
  problem_ = problem;
}

void Platforms::take_built_in() {
  auto platforms = read_platforms(built_in_platforms());
  SLUICE_CHECK(platforms.has_value());
  from_file_ = false;
  take(std::move(*platforms));
}

void Platforms::take(Json platforms) {
  platforms_ = std::move(platforms);
  need_sound_.clear();
  for (const Json& platform : platforms_) {
    if (platform["audio"]["required"].get<bool>()) need_sound_.insert(platform["id"].get<std::string>());
  }
}

Json Platforms::view() const {
  return {{"from", from_file_ ? "file" : "built_in"},
          {"problem", problem_.empty() ? Json(nullptr) : Json(problem_)},
          {"platforms", platforms_}};
}

}  // namespace sluice::manager
