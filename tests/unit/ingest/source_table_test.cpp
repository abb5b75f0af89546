// Which source a publisher means, in the spellings real encoders use.
#include "ingest/source_table.hpp"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

class SourceTableTest : public testing::Test {
 protected:
  SourceTableTest() {
    table_.set(1, "live", Secret{});
    table_.set(2, "live", Secret{"studio-b"});
    table_.set(3, "church/main", Secret{"k?x=1"});
  }
  SourceTable table_;
};

TEST_F(SourceTableTest, the_empty_key_is_a_key) {
  EXPECT_EQ(table_.find("live", ""), 1);
}

TEST_F(SourceTableTest, app_and_key_are_compared_byte_for_byte) {
  EXPECT_EQ(table_.find("live", "studio-b"), 2);
  EXPECT_EQ(table_.find("live", "Studio-b"), std::nullopt);
  EXPECT_EQ(table_.find("live", "studio-b "), std::nullopt);
  EXPECT_EQ(table_.find("live", "studio"), std::nullopt);
  EXPECT_EQ(table_.find("other", ""), std::nullopt);
}

TEST_F(SourceTableTest, an_exact_match_wins_over_every_other_reading) {
  EXPECT_EQ(table_.find("church/main", "k?x=1"), 3);
  table_.set(4, "live", Secret{"studio-b?x"});
  EXPECT_EQ(table_.find("live", "studio-b?x"), 4);
}

TEST_F(SourceTableTest, ffmpeg_with_a_double_slash_is_understood) {
  EXPECT_EQ(table_.find("live/", "studio-b"), 2);
}

TEST_F(SourceTableTest, a_query_behind_app_or_key_is_not_part_of_the_name) {
  EXPECT_EQ(table_.find("live?token=a", ""), 1);
  EXPECT_EQ(table_.find("live", "studio-b?token=a&b=c"), 2);
}

TEST_F(SourceTableTest, a_key_typed_into_the_server_field_is_found) {
  EXPECT_EQ(table_.find("live/studio-b", ""), 2);
  EXPECT_EQ(table_.find("live", "/studio-b"), 2);
  EXPECT_EQ(table_.find("live", "studio-b/"), 2);
}

TEST_F(SourceTableTest, a_path_split_at_another_slash_is_found) {
  table_.set(5, "a", Secret{"b/c"});
  EXPECT_EQ(table_.find("a/b", "c"), 5);
}

TEST_F(SourceTableTest, a_removed_source_is_found_no_more) {
  table_.remove(2);
  EXPECT_EQ(table_.find("live", "studio-b"), std::nullopt);
  EXPECT_EQ(table_.find("live", ""), 1);
}

TEST_F(SourceTableTest, a_changed_key_replaces_the_old_one) {
  table_.set(2, "live", Secret{"new"});
  EXPECT_EQ(table_.find("live", "studio-b"), std::nullopt);
  EXPECT_EQ(table_.find("live", "new"), 2);
}

}  // namespace
}  // namespace sluice::ingest
