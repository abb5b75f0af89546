// The files of children. Runs in the manager.
#include "manager/run_directory.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace sluice::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIngestName = "ingest";
constexpr std::string_view kRelayPrefix = "relay-";
constexpr std::string_view kPackPrefix = "pack-";

std::string base_name(ChildId child) {
  if (child == kIngest) return std::string(kIngestName);
  if (child < kIngest) return std::string(kPackPrefix) + std::to_string(pack_number(child));
  return std::string(kRelayPrefix) + std::to_string(child);
}

std::optional<std::int64_t> number_behind(std::string_view prefix, std::string_view stem) {
  if (!stem.starts_with(prefix)) return std::nullopt;
  stem.remove_prefix(prefix.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc{} || end != stem.data() + stem.size() || number <= 0) return std::nullopt;
  return number;
}

std::optional<ChildId> child_of(std::string_view stem) {
  if (stem == kIngestName) return kIngest;
  if (const auto number = number_behind(kPackPrefix, stem)) return pack_child(*number);
  return number_behind(kRelayPrefix, stem);
}

// What its arguments are known by.
std::string tag_of(ChildId child) {
  if (child == kIngest) return {"\0RTMP:", 6};
  const std::string tag =
      child < kIngest ? "PACK:" + std::to_string(pack_number(child)) : "STREAM_ID:" + std::to_string(child);
  return '\0' + tag + '\0';
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> create_private(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return std::nullopt;
  return "cannot create the directory " + path + ": " + error.message();
}

// Copied and emptied, not renamed: the child has it open and goes on appending.
void trim(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size <= kMaxLogBytes) return;
  fs::copy_file(path, path + ".1", fs::copy_options::overwrite_existing, error);
  fs::resize_file(path, 0, error);
}

}  // namespace

RunDirectory::RunDirectory(std::string data_directory)
    : run_(data_directory + "/run"), log_(std::move(data_directory) + "/log") {}

std::optional<std::string> RunDirectory::create() const {
  if (auto failure = create_private(run_)) return failure;
  return create_private(log_);
}

std::string RunDirectory::socket_name(ChildId child) const {
  return base_name(child) + ".sock";
}

std::string RunDirectory::log_file(ChildId child) const {
  return log_ + "/" + base_name(child) + ".log";
}

void RunDirectory::trim_log(ChildId child) const {
  trim(log_file(child));
}

std::string RunDirectory::probe_log() const {
  const std::string path = log_ + "/probe.log";
  trim(path);
  return path;
}

std::vector<ChildId> RunDirectory::children() const {
  std::vector<ChildId> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run_, error)) {
    if (entry.path().extension() != ".sock") continue;
    if (const auto child = child_of(entry.path().stem().string())) found.push_back(*child);
  }
  return found;
}

void RunDirectory::write_pid(ChildId child, pid_t pid) const {
  std::ofstream(run_ + "/" + base_name(child) + ".pid") << pid << '\n';
}

std::optional<pid_t> RunDirectory::living_pid(ChildId child) const {
  const std::string text = read_file(run_ + "/" + base_name(child) + ".pid");
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 0) return std::nullopt;
  // The number may have been given to another program since.
  const std::string arguments = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  if (arguments.find(tag_of(child)) == std::string::npos) return std::nullopt;
  return pid;
}

void RunDirectory::remove(ChildId child) const {
  std::error_code ignored;
  fs::remove(run_ + "/" + base_name(child) + ".sock", ignored);
  fs::remove(run_ + "/" + base_name(child) + ".pid", ignored);
}

}  // namespace sluice::manager
