// What is configured, kept in SQLite and in memory, always equal: a change that cannot be written is not
// made. Runs in the manager.
//
// Tables `source`, `stream`, `clip`, `setting`; the schema's version is PRAGMA user_version. WAL, STRICT, ids
// from AUTOINCREMENT (never reused). Keys are in it: the file is created with mode 0600 under the caller's
// umask.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "manager/model.hpp"

namespace sluice::manager {

inline constexpr int kSchemaVersion = 4;

enum class StoreError : std::uint8_t {
  kNewer,       // written by a newer Sluice
  kUnreadable,  // no database, damaged, or not to be opened
  kUnwritable,  // read-only, full, locked by another program
};

struct StoreFailure {
  StoreError error;
  std::string detail;  // SQLite's words; no values
};
// For people, with the detail.
std::string sentence(const StoreFailure& failure);

class Store {
 public:
  // Creates what is missing; a database of an older version is brought up to date, in one transaction.
  static std::expected<Store, StoreFailure> open(const std::string& path);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  const Sources& sources() const { return sources_; }
  const Streams& streams() const { return streams_; }
  const StoredClips& clips() const { return clips_; }
  // 32 random bytes, made with the database: the key of configuration hashes.
  const Secret& hash_key() const { return hash_key_; }

  // Each is one transaction. `add` gives the id. REQUIRES of the others: it exists.
  std::expected<Stream, StoreFailure> add(Stream stream);
  std::expected<void, StoreFailure> update(const Stream& stream);
  std::expected<void, StoreFailure> remove_stream(std::int64_t id);
  // These come first, in this order; the others stay in theirs behind them. Gives those that have another
  // position now. REQUIRES: each exists, none twice.
  std::expected<std::vector<std::int64_t>, StoreFailure> reorder(std::vector<std::int64_t> first);
  std::expected<Source, StoreFailure> add(Source source);
  std::expected<void, StoreFailure> update(const Source& source);
  // Its clip goes with it.
  std::expected<void, StoreFailure> remove_source(std::int64_t id);
  // One for each source; replaces an earlier one. REQUIRES: its source exists.
  std::expected<void, StoreFailure> put(StoredClip clip);
  std::expected<void, StoreFailure> remove_clip(std::int64_t source);

 private:
  struct Database;
  explicit Store(std::unique_ptr<Database> database);
  void load();

  std::unique_ptr<Database> database_;
  Sources sources_;
  Streams streams_;
  StoredClips clips_;
  Secret hash_key_;
};

}  // namespace sluice::manager
