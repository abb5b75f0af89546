// What is known of the platforms: the catalogue that is built in (platforms/platforms.json), or the one that
// somebody has put in its place. docs/platforms.md. Runs in the manager.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "manager/json_views.hpp"

namespace sluice::manager {

// The text of platforms/platforms.json as it was when this was built.
std::string_view built_in_platforms();

class Platforms {
 public:
  // `file` replaces the built-in catalogue whole, when it is there and nothing is wrong with it.
  explicit Platforms(std::string file);

  // Reads the file again if it may be another one than last time. Cheap if not: one stat(). What is wrong
  // with it is logged once and told by view(); what counted before goes on counting then. Without the file
  // the built-in catalogue counts.
  void refresh();

  // As GET /api/platforms answers.
  Json view() const;
  // Whether the platform takes no show without sound. Of one that is not in the catalogue: false.
  bool needs_sound(std::string_view platform) const { return need_sound_.contains(platform); }

 private:
  // What tells one state of the file from another.
  struct Version {
    int error = 0;  // errno of stat()
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t written_s = 0, written_ns = 0;
    std::int64_t changed_s = 0, changed_ns = 0;  // also when only its permissions did
    friend bool operator==(const Version&, const Version&) = default;
  };
  static Version version_of(const std::string& file);
  void take_file();
  void take_built_in();
  void take(Json platforms);

  std::string file_;
  std::optional<Version> seen_;
  bool from_file_ = false;
  std::string problem_;  // why the file is not used; empty: it is, or there is none
  Json platforms_;
  std::set<std::string, std::less<>> need_sound_;
};

}  // namespace sluice::manager
