// See the header.
#include "manager/clip_files.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "media/limits.hpp"
#include "os/shared_memory.hpp"

namespace sluice::manager {
namespace {

constexpr std::size_t kPieceBytes = 256U << 10U;

std::string last_error() {
  return std::generic_category().message(errno);
}

// Everything of `from` into `to`. The digest, or why not.
std::expected<std::string, std::string> copy(int from, int to) {
  const auto size = os::shared_memory_size(from);
  if (!size) return std::unexpected(size.error().message());
  if (*size > media::kMaxClipBytes) return std::unexpected("it is too large");
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, crypto_generichash_BYTES);
  Bytes piece;
  for (std::size_t at = 0; at < *size; at += piece.size()) {
    piece.resize(std::min(kPieceBytes, *size - at));
    if (const auto failed = os::read_at(from, at, piece)) return std::unexpected(failed.message());
    if (const auto failed = os::write_at(to, at, piece)) return std::unexpected(failed.message());
    crypto_generichash_update(&hash, piece.data(), piece.size());
  }
  std::array<std::uint8_t, crypto_generichash_BYTES> digest{};
  crypto_generichash_final(&hash, digest.data(), digest.size());
  std::array<char, 2 * crypto_generichash_BYTES + 1> hex{};
  return std::string(sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size()));
}

std::expected<UniqueFd, std::string> load_one(const std::string& path, const std::string& digest) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::unexpected(last_error());
  auto memory = os::create_shared_memory("sluice-clip", 0);
  if (!memory) return std::unexpected(memory.error().message());
  const auto found = copy(file.get(), memory->get());
  if (!found) return std::unexpected(found.error());
  if (*found != digest) return std::unexpected("it is not what was saved");
  if (const auto failed = os::seal_content(memory->get())) return std::unexpected(failed.message());
  return std::move(*memory);
}

}  // namespace

std::string ClipFiles::path(std::int64_t source) const {
  return directory_ + "/" + std::to_string(source) + ".flv";
}

std::expected<void, std::string> ClipFiles::sync_directory() const {
  const UniqueFd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return std::unexpected(last_error());
  return {};
}

std::expected<std::string, std::string> ClipFiles::write_new(std::int64_t source, int clip) const {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected(last_error());
  const std::string path = new_path(source);
  const UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file) return std::unexpected(last_error());
  auto digest = copy(clip, file.get());
  if (digest && ::fsync(file.get()) != 0) digest = std::unexpected(last_error());
  if (digest) {
    if (const auto synced = sync_directory(); !synced) digest = std::unexpected(synced.error());
  }
  if (!digest) ::unlink(path.c_str());
  return digest;
}

std::expected<void, std::string> ClipFiles::replace_old(std::int64_t source) const {
  if (std::rename(new_path(source).c_str(), path(source).c_str()) != 0) return std::unexpected(last_error());
  return sync_directory();
}

std::expected<UniqueFd, std::string> ClipFiles::load(std::int64_t source, const std::string& digest) const {
  auto old = load_one(path(source), digest);
  if (old) {
    ::unlink(new_path(source).c_str());
    return old;
  }
  auto fresh = load_one(new_path(source), digest);
  if (!fresh) return old;
  if (const auto replaced = replace_old(source); !replaced) return std::unexpected(replaced.error());
  return fresh;
}

void ClipFiles::remove(std::int64_t source) const {
  ::unlink(path(source).c_str());
  ::unlink(new_path(source).c_str());
}

void ClipFiles::remove_others(const std::set<std::int64_t>& sources) const {
  std::set<std::string> ours;
  for (const std::int64_t source : sources) ours.insert({path(source), new_path(source)});
  std::error_code error;
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (!ours.contains(entry.path().string())) others.push_back(entry.path());
  }
  for (const auto& other : others) std::filesystem::remove(other, error);
}

}  // namespace sluice::manager
