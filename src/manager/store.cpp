// Sources and streams in SQLite. Runs in the manager.
#include "manager/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sodium.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "manager/hold.hpp"

namespace sluice::manager {
namespace {

// Another program (a backup, sqlite3) may hold the lock for a moment; the loop must not stand still for long.
constexpr int kBusyTimeoutMs = 200;

// Servers, apps and keys are BLOBs: they are bytes, compared as such.
constexpr const char* kSchema = R"(
CREATE TABLE source (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  app BLOB NOT NULL,
  key BLOB NOT NULL,
  UNIQUE (app, key)
) STRICT;
CREATE TABLE stream (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  platform TEXT NOT NULL,
  server BLOB NOT NULL,
  key BLOB NOT NULL,
  source INTEGER NOT NULL REFERENCES source (id),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  tls_ca TEXT NOT NULL,
  backup_server BLOB NOT NULL DEFAULT x'',
  hold_s INTEGER NOT NULL DEFAULT 60,
  stop_grace_s INTEGER NOT NULL DEFAULT 10,
  silent_audio TEXT NOT NULL DEFAULT 'auto' CHECK (silent_audio IN ('auto', 'on', 'off')),
  position INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE clip (
  source INTEGER PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
  digest TEXT NOT NULL,
  headers TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  recorded_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
)";

// From version i + 1 to i + 2; never changed once released.
constexpr std::array<const char*, kSchemaVersion - 1> kMigrations{
    "ALTER TABLE stream ADD COLUMN backup_server BLOB NOT NULL DEFAULT x''",
    R"(
ALTER TABLE stream ADD COLUMN hold_s INTEGER NOT NULL DEFAULT 60;
ALTER TABLE stream ADD COLUMN stop_grace_s INTEGER NOT NULL DEFAULT 10;
ALTER TABLE stream ADD COLUMN silent_audio TEXT NOT NULL DEFAULT 'auto'
  CHECK (silent_audio IN ('auto', 'on', 'off'));
CREATE TABLE clip (
  source INTEGER PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
  digest TEXT NOT NULL,
  headers TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  recorded_at_ms INTEGER NOT NULL
) STRICT;
)",
    // So far they were shown by id.
    R"(
ALTER TABLE stream ADD COLUMN position INTEGER NOT NULL DEFAULT 1;
UPDATE stream SET position = (SELECT count(*) FROM stream AS other WHERE other.id <= stream.id);
)",
};

constexpr const char* kHashKey = "hash_key";

StoreError kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_READONLY:
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_PERM:
      return StoreError::kUnwritable;
    default:
      return StoreError::kUnreadable;
  }
}

// SQLite's messages name tables and files, never values.
StoreFailure failure_of(const SQLite::Exception& exception) {
  return {kind_of(exception.getErrorCode()), exception.what()};
}

void bind_bytes(SQLite::Statement& statement, int index, std::string_view bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

std::string bytes_of(const SQLite::Column& column) {
  const auto* data = static_cast<const char*>(column.getBlob());
  return data == nullptr ? std::string{} : std::string(data, static_cast<std::size_t>(column.getBytes()));
}

void bind_stream(SQLite::Statement& statement, const Stream& stream) {
  statement.bind(1, stream.name);
  statement.bind(2, stream.platform);
  bind_bytes(statement, 3, stream.server);
  bind_bytes(statement, 4, stream.key.reveal());
  statement.bind(5, stream.source);
  statement.bind(6, stream.enabled ? 1 : 0);
  statement.bind(7, stream.tls_ca);
  bind_bytes(statement, 8, stream.backup_server);
  statement.bind(9, stream.hold_s);
  statement.bind(10, stream.stop_grace_s);
  statement.bind(11, std::string(to_string(stream.silent_audio)));
  statement.bind(12, stream.position);
}

void bind_source(SQLite::Statement& statement, const Source& source) {
  statement.bind(1, source.name);
  bind_bytes(statement, 2, source.app);
  bind_bytes(statement, 3, source.key.reveal());
}

void create_schema(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(kSchema);
  SQLite::Statement source(database, "INSERT INTO source (name, app, key) VALUES (?, ?, ?)");
  bind_source(source, {.id = 0, .name = "OBS", .app = "live", .key = Secret{}});
  source.exec();
  SQLite::Statement setting(database, "INSERT INTO setting (name, value) VALUES (?, ?)");
  std::array<char, crypto_generichash_KEYBYTES> secret{};
  randombytes_buf(secret.data(), secret.size());
  setting.bind(1, kHashKey);
  bind_bytes(setting, 2, {secret.data(), secret.size()});
  setting.exec();
  sodium_memzero(secret.data(), secret.size());
  database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

// REQUIRES: 1 <= version.
void migrate(SQLite::Database& database, int version) {
  if (version == kSchemaVersion) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (int from = version; from < kSchemaVersion; ++from)
    database.exec(kMigrations[static_cast<std::size_t>(from - 1)]);
  database.exec("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

}  // namespace

std::string sentence(const StoreFailure& failure) {
  switch (failure.error) {
    case StoreError::kNewer:
      return "The database was written by a newer version of Sluice (" + failure.detail +
             "). Install that version, or start with another --data-dir.";
    case StoreError::kUnreadable:
      return "The database cannot be read: " + failure.detail + ".";
    case StoreError::kUnwritable:
      return "The change cannot be saved: " + failure.detail + ". Is the disk full or read-only?";
  }
  return "";
}

struct Store::Database {
  SQLite::Database sqlite;
};

Store::Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::expected<Store, StoreFailure> Store::open(const std::string& path) {
  SLUICE_CHECK(sodium_init() >= 0);
  try {
    Store store(std::make_unique<Database>(
        SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs)));
    SQLite::Database& sqlite = store.database_->sqlite;
    const int version = sqlite.execAndGet("PRAGMA user_version").getInt();
    if (version > kSchemaVersion) {
      return std::unexpected(StoreFailure{
          StoreError::kNewer, "its schema is number " + std::to_string(version) +
                                  ", this version knows up to " + std::to_string(kSchemaVersion)});
    }
    sqlite.exec("PRAGMA journal_mode = WAL");
    sqlite.exec("PRAGMA synchronous = FULL");
    sqlite.exec("PRAGMA foreign_keys = ON");
    if (version == 0)
      create_schema(sqlite);
    else
      migrate(sqlite, version);
    store.load();
    return store;
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(failure_of(exception));
  }
}

void Store::load() {
  SQLite::Statement source(database_->sqlite, "SELECT id, name, app, key FROM source");
  while (source.executeStep()) {
    const std::int64_t id = source.getColumn(0).getInt64();
    sources_[id] = {id, source.getColumn(1).getString(), bytes_of(source.getColumn(2)),
                    Secret(bytes_of(source.getColumn(3)))};
  }
  SQLite::Statement stream(
      database_->sqlite,
      "SELECT id, name, platform, server, key, source, enabled, tls_ca, backup_server, hold_s, stop_grace_s, "
      "silent_audio, position FROM stream");
  while (stream.executeStep()) {
    const std::int64_t id = stream.getColumn(0).getInt64();
    streams_[id] = {id,
                    stream.getColumn(1).getString(),
                    stream.getColumn(2).getString(),
                    bytes_of(stream.getColumn(3)),
                    Secret(bytes_of(stream.getColumn(4))),
                    stream.getColumn(5).getInt64(),
                    stream.getColumn(6).getInt() != 0,
                    stream.getColumn(7).getString(),
                    bytes_of(stream.getColumn(8)),
                    stream.getColumn(9).getInt64(),
                    stream.getColumn(10).getInt64(),
                    parse_silent_audio(stream.getColumn(11).getString()).value_or(SilentAudio::kAuto),
                    stream.getColumn(12).getInt64()};
  }
  SQLite::Statement clip(database_->sqlite,
                         "SELECT source, digest, headers, duration_ms, recorded_at_ms FROM clip");
  while (clip.executeStep()) {
    const std::int64_t id = clip.getColumn(0).getInt64();
    clips_[id] = {id, clip.getColumn(1).getString(), clip.getColumn(2).getString(),
                  clip.getColumn(3).getInt64(), clip.getColumn(4).getInt64()};
  }
  SQLite::Statement setting(database_->sqlite, "SELECT value FROM setting WHERE name = ?");
  setting.bind(1, kHashKey);
  if (setting.executeStep()) hash_key_ = Secret(bytes_of(setting.getColumn(0)));
  if (hash_key_.size() != crypto_generichash_KEYBYTES || !sources_.contains(kFirstSource)) {
    throw SQLite::Exception("this is no database of Sluice, or part of it is missing", SQLITE_CORRUPT);
  }
}

namespace {

// One statement is one transaction; memory is changed only after it has succeeded.
template <typename Bind>
std::expected<std::int64_t, StoreFailure> write(SQLite::Database& database, const char* sql, Bind bind) {
  try {
    SQLite::Statement statement(database, sql);
    bind(statement);
    statement.exec();
    return database.getLastInsertRowid();
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(failure_of(exception));
  }
}

}  // namespace

std::expected<Stream, StoreFailure> Store::add(Stream stream) {
  const auto id = write(database_->sqlite,
                        "INSERT INTO stream (name, platform, server, key, source, enabled, tls_ca, "
                        "backup_server, hold_s, stop_grace_s, silent_audio, position) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        [&](SQLite::Statement& statement) { bind_stream(statement, stream); });
  if (!id) return std::unexpected(id.error());
  stream.id = *id;
  return streams_[*id] = std::move(stream);
}

std::expected<void, StoreFailure> Store::update(const Stream& stream) {
  const auto done = write(database_->sqlite,
                          "UPDATE stream SET name = ?, platform = ?, server = ?, key = ?, source = ?, "
                          "enabled = ?, tls_ca = ?, backup_server = ?, hold_s = ?, stop_grace_s = ?, "
                          "silent_audio = ?, position = ? WHERE id = ?",
                          [&](SQLite::Statement& statement) {
                            bind_stream(statement, stream);
                            statement.bind(13, stream.id);
                          });
  if (!done) return std::unexpected(done.error());
  streams_[stream.id] = stream;
  return {};
}

std::expected<void, StoreFailure> Store::remove_stream(std::int64_t id) {
  const auto done = write(database_->sqlite, "DELETE FROM stream WHERE id = ?",
                          [&](SQLite::Statement& statement) { statement.bind(1, id); });
  if (!done) return std::unexpected(done.error());
  streams_.erase(id);
  return {};
}

std::expected<std::vector<std::int64_t>, StoreFailure> Store::reorder(std::vector<std::int64_t> first) {
  for (const std::int64_t id : in_order(streams_)) {
    if (std::ranges::find(first, id) == first.end()) first.push_back(id);
  }
  std::vector<std::int64_t> moved;
  try {
    SQLite::Transaction transaction(database_->sqlite, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement statement(database_->sqlite, "UPDATE stream SET position = ? WHERE id = ?");
    for (std::int64_t position = 1; const std::int64_t id : first) {
      if (streams_.at(id).position != position) {
        statement.bind(1, position);
        statement.bind(2, id);
        statement.exec();
        statement.reset();
        moved.push_back(id);
      }
      ++position;
    }
    transaction.commit();
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(failure_of(exception));
  }
  for (std::int64_t position = 1; const std::int64_t id : first) streams_.at(id).position = position++;
  return moved;
}

std::expected<Source, StoreFailure> Store::add(Source source) {
  const auto id = write(database_->sqlite, "INSERT INTO source (name, app, key) VALUES (?, ?, ?)",
                        [&](SQLite::Statement& statement) { bind_source(statement, source); });
  if (!id) return std::unexpected(id.error());
  source.id = *id;
  return sources_[*id] = std::move(source);
}

std::expected<void, StoreFailure> Store::update(const Source& source) {
  const auto done = write(database_->sqlite, "UPDATE source SET name = ?, app = ?, key = ? WHERE id = ?",
                          [&](SQLite::Statement& statement) {
                            bind_source(statement, source);
                            statement.bind(4, source.id);
                          });
  if (!done) return std::unexpected(done.error());
  sources_[source.id] = source;
  return {};
}

std::expected<void, StoreFailure> Store::remove_source(std::int64_t id) {
  const auto done = write(database_->sqlite, "DELETE FROM source WHERE id = ?",
                          [&](SQLite::Statement& statement) { statement.bind(1, id); });
  if (!done) return std::unexpected(done.error());
  sources_.erase(id);
  clips_.erase(id);
  return {};
}

std::expected<void, StoreFailure> Store::put(StoredClip clip) {
  const auto done =
      write(database_->sqlite,
            "INSERT OR REPLACE INTO clip (source, digest, headers, duration_ms, recorded_at_ms) "
            "VALUES (?, ?, ?, ?, ?)",
            [&](SQLite::Statement& statement) {
              statement.bind(1, clip.source);
              statement.bind(2, clip.digest);
              statement.bind(3, clip.headers);
              statement.bind(4, clip.duration_ms);
              statement.bind(5, clip.recorded_at_ms);
            });
  if (!done) return std::unexpected(done.error());
  const std::int64_t source = clip.source;
  clips_[source] = std::move(clip);
  return {};
}

std::expected<void, StoreFailure> Store::remove_clip(std::int64_t source) {
  const auto done = write(database_->sqlite, "DELETE FROM clip WHERE source = ?",
                          [&](SQLite::Statement& statement) { statement.bind(1, source); });
  if (!done) return std::unexpected(done.error());
  clips_.erase(source);
  return {};
}

}  // namespace sluice::manager
