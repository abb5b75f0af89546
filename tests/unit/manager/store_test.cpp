// What is configured survives, and memory never differs from the file.
#include "manager/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

// As version 1 wrote it, and what version 2 added.
constexpr const char* kFirstSchema = R"(
CREATE TABLE source (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, app BLOB NOT NULL,
  key BLOB NOT NULL, UNIQUE (app, key)) STRICT;
CREATE TABLE stream (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, platform TEXT NOT NULL,
  server BLOB NOT NULL, key BLOB NOT NULL, source INTEGER NOT NULL REFERENCES source (id),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)), tls_ca TEXT NOT NULL) STRICT;
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
INSERT INTO source (name, app, key) VALUES ('OBS', CAST('live' AS BLOB), x'');
INSERT INTO stream VALUES (7, 'Old', 'custom', CAST('rtmp://h/a' AS BLOB), CAST('k' AS BLOB), 1, 1, 'PEM');
INSERT INTO setting VALUES ('hash_key', zeroblob(32));
PRAGMA user_version = 1;
)";
constexpr const char* kSecondSchema = R"(
ALTER TABLE stream ADD COLUMN backup_server BLOB NOT NULL DEFAULT x'';
UPDATE stream SET backup_server = CAST('rtmp://b/a' AS BLOB);
PRAGMA user_version = 2;
)";
// What version 3 added, and two streams more.
constexpr const char* kThirdSchema = R"(
ALTER TABLE stream ADD COLUMN hold_s INTEGER NOT NULL DEFAULT 60;
ALTER TABLE stream ADD COLUMN stop_grace_s INTEGER NOT NULL DEFAULT 10;
ALTER TABLE stream ADD COLUMN silent_audio TEXT NOT NULL DEFAULT 'auto'
  CHECK (silent_audio IN ('auto', 'on', 'off'));
CREATE TABLE clip (source INTEGER PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE, digest TEXT NOT NULL,
  headers TEXT NOT NULL, duration_ms INTEGER NOT NULL, recorded_at_ms INTEGER NOT NULL) STRICT;
INSERT INTO stream VALUES (9, 'C', 'custom', CAST('rtmp://h/a' AS BLOB), x'', 1, 0, '', x'', 300, 10, 'on');
INSERT INTO stream VALUES (8, 'B', 'custom', CAST('rtmp://h/a' AS BLOB), x'', 1, 0, '', x'', 60, 10, 'auto');
INSERT INTO clip VALUES (1, 'd', 'h', 10000, 5);
PRAGMA user_version = 3;
)";

class StoreTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/sluice.db"; }

  Store open() {
    auto store = Store::open(path());
    EXPECT_TRUE(store.has_value());
    return std::move(*store);
  }

  static Stream example() {
    Stream stream;
    stream.name = "Grüße";
    stream.platform = "facebook";
    stream.server = "rtmps://live.example:443/rtmp/ x";
    stream.key = Secret(std::string("a\0b?c=d ", 8));
    stream.enabled = true;
    stream.tls_ca = "PEM";
    stream.backup_server = "rtmps://backup.example/rtmp/";
    stream.hold_s = 3600;
    stream.stop_grace_s = 0;
    stream.silent_audio = SilentAudio::kOff;
    stream.position = 7;
    return stream;
  }

  std::vector<std::int64_t> positions(const Store& store) const {
    std::vector<std::int64_t> positions;
    for (const auto& [id, stream] : store.streams()) positions.push_back(stream.position);
    return positions;
  }

  void raw(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  TempDirectory directory_;
};

TEST_F(StoreTest, a_new_store_has_source_1_with_app_live_and_an_empty_key) {
  const Store store = open();
  ASSERT_EQ(store.sources().size(), 1U);
  const Source& source = store.sources().at(kFirstSource);
  EXPECT_EQ(source.app, "live");
  EXPECT_TRUE(source.key.empty());
  EXPECT_TRUE(store.streams().empty());
  EXPECT_EQ(store.hash_key().size(), 32U);
}

TEST_F(StoreTest, everything_is_there_again_byte_for_byte_after_opening_anew) {
  std::int64_t id = 0;
  Secret hash_key;
  {
    Store store = open();
    hash_key = store.hash_key();
    id = store.add(example())->id;
    Source source{.id = 0, .name = "Second", .app = "app/x", .key = Secret("k")};
    ASSERT_TRUE(store.add(source).has_value());
  }
  const Store store = open();
  const Stream& stream = store.streams().at(id);
  EXPECT_EQ(stream.name, example().name);
  EXPECT_EQ(stream.server, example().server);
  EXPECT_TRUE(stream.key == example().key);
  EXPECT_TRUE(stream.enabled);
  EXPECT_EQ(stream.tls_ca, "PEM");
  EXPECT_EQ(stream.backup_server, example().backup_server);
  EXPECT_EQ(stream.hold_s, 3600);
  EXPECT_EQ(stream.stop_grace_s, 0);
  EXPECT_EQ(stream.silent_audio, SilentAudio::kOff);
  EXPECT_EQ(stream.position, 7);
  EXPECT_EQ(store.sources().at(2).app, "app/x");
  EXPECT_TRUE(store.hash_key() == hash_key);
}

TEST_F(StoreTest, a_source_has_one_clip_that_goes_with_it) {
  {
    Store store = open();
    const auto source = store.add(Source{.id = 0, .name = "B", .app = "b", .key = {}})->id;
    ASSERT_TRUE(store.put({kFirstSource, "d1", "h1", 10'000, 5}).has_value());
    ASSERT_TRUE(store.put({kFirstSource, "d2", "h2", 12'000, 6}).has_value());
    ASSERT_TRUE(store.put({source, "d3", "h3", 1, 1}).has_value());
    EXPECT_FALSE(store.put({99, "d", "h", 1, 1}).has_value()) << "no such source";
    ASSERT_TRUE(store.remove_source(source).has_value());
    EXPECT_FALSE(store.clips().contains(source));
  }
  Store store = open();
  ASSERT_EQ(store.clips().size(), 1U);
  const StoredClip& clip = store.clips().at(kFirstSource);
  EXPECT_EQ(clip.digest, "d2");
  EXPECT_EQ(clip.headers, "h2");
  EXPECT_EQ(clip.duration_ms, 12'000);
  EXPECT_EQ(clip.recorded_at_ms, 6);
  ASSERT_TRUE(store.remove_clip(kFirstSource).has_value());
  ASSERT_TRUE(store.remove_clip(kFirstSource).has_value()) << "again: there is none";
  EXPECT_TRUE(open().clips().empty());
}

TEST_F(StoreTest, ids_are_never_used_again_even_after_opening_anew) {
  std::int64_t first = 0;
  {
    Store store = open();
    first = store.add(example())->id;
    ASSERT_TRUE(store.remove_stream(first).has_value());
  }
  Store store = open();
  EXPECT_GT(store.add(example())->id, first);
}

TEST_F(StoreTest, a_database_of_a_newer_version_is_left_alone) {
  open();
  raw(("PRAGMA user_version = " + std::to_string(kSchemaVersion + 1)).c_str());
  const auto store = Store::open(path());
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().error, StoreError::kNewer);
  EXPECT_NE(sentence(store.error()).find("newer version"), std::string::npos);
}

TEST_F(StoreTest, a_database_of_the_first_version_is_brought_up_to_date_and_keeps_what_is_in_it) {
  raw(kFirstSchema);
  for (int opening = 0; opening < 2; ++opening) {
    Store store = open();
    ASSERT_TRUE(store.streams().contains(7));
    Stream stream = store.streams().at(7);
    EXPECT_EQ(stream.name, "Old");
    EXPECT_EQ(stream.server, "rtmp://h/a");
    EXPECT_TRUE(stream.key == Secret("k"));
    EXPECT_EQ(stream.tls_ca, "PEM");
    EXPECT_EQ(stream.backup_server, opening == 0 ? "" : "rtmp://backup/a");
    EXPECT_TRUE(store.hash_key() == Secret(std::string(32, '\0')));
    stream.backup_server = "rtmp://backup/a";
    ASSERT_TRUE(store.update(stream).has_value());
  }
}

TEST_F(StoreTest, a_database_of_the_second_version_gets_the_settings_of_a_hold) {
  raw(kFirstSchema);
  raw(kSecondSchema);
  for (int opening = 0; opening < 2; ++opening) {
    Store store = open();
    ASSERT_TRUE(store.streams().contains(7));
    Stream stream = store.streams().at(7);
    EXPECT_EQ(stream.name, "Old");
    EXPECT_TRUE(stream.enabled);
    EXPECT_EQ(stream.backup_server, "rtmp://b/a");
    EXPECT_EQ(stream.hold_s, opening == 0 ? 60 : 0);
    EXPECT_EQ(stream.stop_grace_s, opening == 0 ? 10 : 300);
    EXPECT_EQ(stream.silent_audio, opening == 0 ? SilentAudio::kAuto : SilentAudio::kOn);
    stream.hold_s = 0;
    stream.stop_grace_s = 300;
    stream.silent_audio = SilentAudio::kOn;
    ASSERT_TRUE(store.update(stream).has_value());
  }
}

TEST_F(StoreTest, a_database_of_the_third_version_gets_the_order_that_was_shown) {
  raw(kFirstSchema);
  raw(kSecondSchema);
  raw(kThirdSchema);
  for (int opening = 0; opening < 2; ++opening) {
    Store store = open();
    EXPECT_EQ(in_order(store.streams()), (std::vector<std::int64_t>{7, 8, 9}));
    EXPECT_EQ(positions(store), (std::vector<std::int64_t>{1, 2, opening == 0 ? 3 : 30}));
    EXPECT_EQ(store.streams().at(9).hold_s, 300);
    EXPECT_EQ(store.clips().at(kFirstSource).digest, "d");
    Stream stream = store.streams().at(9);
    stream.position = 30;
    ASSERT_TRUE(store.update(stream).has_value());
  }
}

TEST_F(StoreTest, those_that_are_named_come_first_and_the_others_stay_in_their_order) {
  {
    Store store = open();
    for (int n = 0; n < 4; ++n) ASSERT_TRUE(store.add(example()).has_value());
    EXPECT_EQ(in_order(store.streams()), (std::vector<std::int64_t>{1, 2, 3, 4})) << "all at 7: by id";
    EXPECT_EQ(next_position(store.streams()), 8);
    ASSERT_TRUE(store.reorder({4, 2}).has_value());
    EXPECT_EQ(in_order(store.streams()), (std::vector<std::int64_t>{4, 2, 1, 3}));
    EXPECT_EQ(*store.reorder({4, 1}), (std::vector<std::int64_t>{1, 2})) << "only these have moved";
    EXPECT_EQ(*store.reorder({}), std::vector<std::int64_t>{});
  }
  const Store store = open();
  EXPECT_EQ(in_order(store.streams()), (std::vector<std::int64_t>{4, 1, 2, 3}));
  EXPECT_EQ(positions(store), (std::vector<std::int64_t>{2, 3, 4, 1}));
}

TEST_F(StoreTest, a_write_that_fails_changes_nothing_in_memory) {
  Store store = open();
  const Stream stream = *store.add(example());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);

  Stream changed = stream;
  changed.enabled = false;
  const auto updated = store.update(changed);
  ASSERT_FALSE(updated.has_value());
  EXPECT_EQ(updated.error().error, StoreError::kUnwritable);
  EXPECT_FALSE(store.add(example()).has_value());
  EXPECT_FALSE(store.remove_stream(stream.id).has_value());
  EXPECT_FALSE(store.reorder({stream.id}).has_value());
  EXPECT_EQ(store.streams().at(stream.id).position, stream.position);
  EXPECT_EQ(store.streams().size(), 1U);
  EXPECT_TRUE(store.streams().at(stream.id).enabled);

  sqlite3_close(other);
  EXPECT_TRUE(store.update(changed).has_value());
  EXPECT_FALSE(store.streams().at(stream.id).enabled);
}

TEST_F(StoreTest, what_is_no_database_is_refused_and_not_overwritten) {
  std::ofstream(path()) << "this is a text file, and somebody may need it. " << std::string(1000, 'x');
  const auto store = Store::open(path());
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().error, StoreError::kUnreadable);
  EXPECT_GT(std::filesystem::file_size(path()), 1000U);
}

TEST_F(StoreTest, a_directory_that_is_not_there_is_a_failure_not_an_exception) {
  EXPECT_FALSE(Store::open(directory_.path() + "/no/such/place.db").has_value());
}

}  // namespace
}  // namespace sluice::manager
