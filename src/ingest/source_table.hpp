// Which source a publisher or player means by its app and key. Sans-I/O; runs in the ingest.
//
// Apps and keys are compared byte for byte. When the pair as sent is no source, the other spellings in which
// encoders are known to send the same pair are tried, in this order:
//   1. app without its query and one trailing slash      (ffmpeg rtmp://h/live//x, SRS-style queries)
//   2. key without its query                             (rtmp://h/live/key?token=…)
//   3. key without a leading or trailing slash
//   4. app/key split elsewhere: everything in the app    (rtmp://h/live/key typed into the server field),
//      or part of the app in the key                     (ffmpeg rtmp://h/live/a/b: app live/a, key b)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace sluice::ingest {

using SourceId = std::int64_t;

class SourceTable {
 public:
  void set(SourceId id, std::string app, Secret key);  // adds or changes
  void remove(SourceId id);
  std::optional<SourceId> find(std::string_view app, std::string_view key) const;

 private:
  struct Entry {
    SourceId id;
    std::string app;
    Secret key;
  };
  std::optional<SourceId> exact(std::string_view app, std::string_view key) const;
  std::optional<SourceId> split_elsewhere(std::string_view app, std::string_view key) const;

  std::vector<Entry> entries_;
};

}  // namespace sluice::ingest
