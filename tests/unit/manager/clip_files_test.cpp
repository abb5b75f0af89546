// Clips on the disk, and what an end in the middle of saving leaves.
#include "manager/clip_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "media/limits.hpp"
#include "os/shared_memory.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

class ClipFilesTest : public testing::Test {
 protected:
  static UniqueFd memory(std::string_view text) {
    auto fd = os::create_shared_memory("clip", 0).value();
    EXPECT_FALSE(os::write_at(fd.get(), 0, as_bytes(text)));
    return fd;
  }
  static std::string text(int fd) {
    Bytes bytes(os::shared_memory_size(fd).value());
    EXPECT_FALSE(os::read_at(fd, 0, bytes));
    return std::string(as_text(bytes));
  }
  std::string write_new(std::string_view text) { return files_.write_new(1, memory(text).get()).value(); }
  std::string path(const char* name) const { return directory_.path() + "/clips/" + name; }
  bool exists(const char* name) const { return std::filesystem::exists(path(name)); }
  // What is read back, or why nothing is.
  std::string loaded(const std::string& digest) const {
    const auto fd = files_.load(1, digest);
    if (fd) EXPECT_TRUE(os::content_is_sealed(fd->get()));
    return fd ? text(fd->get()) : "failed: " + fd.error();
  }

  TempDirectory directory_;
  ClipFiles files_{directory_.path()};
};

TEST_F(ClipFilesTest, a_clip_is_read_back_as_it_was_saved_and_only_its_owner_can) {
  const std::string large(1'000'000, 'x');
  const std::string digest = write_new(large);
  ASSERT_TRUE(files_.replace_old(1).has_value());
  EXPECT_EQ(loaded(digest), large);
  EXPECT_FALSE(exists("1.flv.new"));
  struct stat status{};
  ASSERT_EQ(::stat(path("1.flv").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ClipFilesTest, an_end_before_the_store_knew_of_the_new_one_leaves_the_old_one) {
  const std::string old = write_new("old");
  ASSERT_TRUE(files_.replace_old(1).has_value());
  write_new("new");
  EXPECT_EQ(loaded(old), "old");
  EXPECT_FALSE(exists("1.flv.new"));
}

TEST_F(ClipFilesTest, an_end_after_the_store_knew_of_the_new_one_leaves_the_new_one) {
  write_new("old");
  ASSERT_TRUE(files_.replace_old(1).has_value());
  const std::string digest = write_new("new");
  EXPECT_EQ(loaded(digest), "new");
  EXPECT_FALSE(exists("1.flv.new"));
  EXPECT_EQ(loaded(digest), "new") << "it took the old one's place";
}

TEST_F(ClipFilesTest, a_changed_cut_or_missing_file_is_told) {
  const std::string digest = write_new("a clip");
  ASSERT_TRUE(files_.replace_old(1).has_value());
  std::ofstream(path("1.flv")) << "a clap";
  EXPECT_EQ(loaded(digest), "failed: it is not what was saved");
  std::ofstream(path("1.flv")) << "a cli";
  EXPECT_EQ(loaded(digest), "failed: it is not what was saved");
  files_.remove(1);
  EXPECT_EQ(loaded(digest), "failed: No such file or directory");
}

TEST_F(ClipFilesTest, what_is_too_large_is_neither_saved_nor_loaded) {
  const auto huge = os::create_shared_memory("clip", media::kMaxClipBytes + 1).value();
  EXPECT_EQ(files_.write_new(1, huge.get()).error(), "it is too large");
  EXPECT_FALSE(exists("1.flv.new"));
  write_new("small");
  ASSERT_TRUE(files_.replace_old(1).has_value());
  std::filesystem::resize_file(path("1.flv"), media::kMaxClipBytes + 1);
  EXPECT_EQ(loaded("d"), "failed: it is too large");
}

TEST_F(ClipFilesTest, a_directory_that_cannot_be_written_is_told_and_leaves_the_old_one) {
  std::ofstream(directory_.path() + "/clips") << "a file where the directory should be";
  const auto written = files_.write_new(1, memory("x").get());
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error(), "Not a directory");
}

TEST_F(ClipFilesTest, files_of_sources_without_a_clip_are_cleared_away) {
  write_new("one");
  ASSERT_TRUE(files_.replace_old(1).has_value());
  std::ofstream(path("2.flv")) << "of a removed source";
  std::ofstream(path("3.flv.new")) << "never finished";
  files_.remove_others({1});
  EXPECT_TRUE(exists("1.flv"));
  EXPECT_FALSE(exists("2.flv"));
  EXPECT_FALSE(exists("3.flv.new"));
}

}  // namespace
}  // namespace sluice::manager
