// The files of the "be right back" clips: DIR/clips/SOURCE.flv, mode 0600. All of it may wait for the disk:
// it runs in a thread of its own (clips.hpp), in the manager.
//
// A new clip is written beside the old one (SOURCE.flv.new) and takes its place when the store knows its
// digest. When everything ends in between, the digest tells which of the two is the right one.
#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>

#include "base/fd.hpp"

namespace sluice::manager {

class ClipFiles {
 public:
  explicit ClipFiles(const std::string& data_directory) : directory_(data_directory + "/clips") {}

  // Copies what is in `clip` (sealed memory) to the new file, down to the disk. Gives its digest, or why not.
  std::expected<std::string, std::string> write_new(std::int64_t source, int clip) const;
  // The new file takes the place of the old one.
  std::expected<void, std::string> replace_old(std::int64_t source) const;
  // The file with this digest, in sealed memory, or why not. Leaves that file only.
  std::expected<UniqueFd, std::string> load(std::int64_t source, const std::string& digest) const;
  void remove(std::int64_t source) const;
  // What was left behind by sources that have no clip any more.
  void remove_others(const std::set<std::int64_t>& sources) const;

 private:
  std::string path(std::int64_t source) const;
  std::string new_path(std::int64_t source) const { return path(source) + ".new"; }
  std::expected<void, std::string> sync_directory() const;

  std::string directory_;
};

}  // namespace sluice::manager
