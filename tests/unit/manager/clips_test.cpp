// What is recorded, kept and told of the clips, over a real store and real files.
#include "manager/clips.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>

#include "os/shared_memory.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

class ClipsTest : public testing::Test {
 protected:
  void SetUp() override {
    store_.emplace(std::move(*Store::open(directory_.path() + "/sluice.db")));
    start();
  }
  void start() {
    clips_.reset();
    clips_.emplace(io_, *store_, directory_.path(),
                   [this](std::int64_t source) { changed_.push_back(source); });
  }

  static control::SourceFacts facts(const std::string& headers = "h1", int recorded_ms = -1) {
    control::SourceFacts facts;
    facts.state = "publishing";
    facts.headers = headers;
    facts.clip_recorded_ms = recorded_ms;
    return facts;
  }
  static UniqueFd file(std::string_view text = "clip") {
    auto fd = os::create_shared_memory("clip", 0).value();
    EXPECT_FALSE(os::write_at(fd.get(), 0, as_bytes(text)));
    EXPECT_FALSE(os::seal_content(fd.get()));
    return fd;
  }
  std::optional<ClipStatus> status(const control::SourceFacts& now = facts()) const {
    return clips_->status(kFirstSource, now);
  }
  // "none", or the state with its reason's code.
  std::string shown(const control::SourceFacts& now = facts()) const {
    const auto one = status(now);
    if (!one) return "none";
    return std::string(to_string(one->state)) + (one->reason ? " " + one->reason->code : "");
  }
  void record(std::string_view text = "clip", const std::string& headers = "h1") {
    clips_->asked(kFirstSource, 10);
    clips_->recorded({kFirstSource, "", 10'400, headers}, file(text));
  }
  // Runs the loop until it holds, for as long as a failing test may take.
  bool reaches(const std::function<bool()>& condition) {
    const Instant end = Clock::now() + std::chrono::seconds{20};
    while (!condition() && Clock::now() < end) io_.run_one_until(end);
    return condition();
  }
  // Until it shows that.
  void await(const std::string& wanted) {
    EXPECT_TRUE(reaches([&] { return shown() == wanted; })) << shown();
  }
  std::string path(const char* name) const { return directory_.path() + "/clips/" + name; }

  TempDirectory directory_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::optional<Store> store_;
  std::optional<Clips> clips_;
  std::vector<std::int64_t> changed_;
};

TEST_F(ClipsTest, a_clip_is_asked_for_recorded_saved_and_ready) {
  EXPECT_EQ(shown(), "none");
  EXPECT_EQ(clips_->version(kFirstSource), "");
  clips_->asked(kFirstSource, 10);
  EXPECT_EQ(shown(), "recording");
  EXPECT_EQ(status()->seconds, 10);
  EXPECT_EQ(status(facts("h1", 3000))->recorded_ms, 3000);
  clips_->recorded({kFirstSource, "", 10'400, "h1"}, file());
  EXPECT_EQ(shown(), "recording") << "until it is on the disk";
  EXPECT_EQ(status()->recorded_ms, 10'400);
  await("ready");
  EXPECT_EQ(status()->duration_ms, 10'400);
  EXPECT_GT(status()->recorded_at_ms, 0);
  EXPECT_EQ(clips_->version(kFirstSource)->size(), 64U);
  EXPECT_TRUE(os::content_is_sealed(clips_->descriptor(kFirstSource)));
  EXPECT_GE(changed_.size(), 2U);
}

TEST_F(ClipsTest, it_is_there_again_after_a_start_once_it_is_read) {
  record();
  await("ready");
  const auto version = clips_->version(kFirstSource);
  start();
  EXPECT_EQ(clips_->version(kFirstSource), std::nullopt) << "not known yet: relays keep what they have";
  changed_.clear();
  EXPECT_TRUE(reaches([&] { return !changed_.empty(); }));
  EXPECT_EQ(clips_->version(kFirstSource), version);
  EXPECT_GE(clips_->descriptor(kFirstSource), 0);
  EXPECT_EQ(shown(), "ready");
}

TEST_F(ClipsTest, other_headers_make_it_stale_and_unknown_ones_do_not) {
  record();
  await("ready");
  EXPECT_EQ(shown(facts("h2")), "stale clip_stale");
  EXPECT_EQ(shown(facts("")), "ready");
}

TEST_F(ClipsTest, a_recording_that_fails_says_why_and_leaves_the_clip_there_is) {
  clips_->asked(kFirstSource, 10);
  clips_->recorded({kFirstSource, "clip_no_key_frame", 0, ""}, {});
  EXPECT_EQ(shown(), "failed clip_no_key_frame");
  record();
  await("ready");
  const auto version = clips_->version(kFirstSource);
  clips_->asked(kFirstSource, 5);
  EXPECT_EQ(shown(), "recording");
  clips_->recorded({kFirstSource, "clip_too_large", 0, ""}, {});
  EXPECT_EQ(shown(), "ready clip_too_large");
  EXPECT_EQ(clips_->version(kFirstSource), version);
}

TEST_F(ClipsTest, a_problem_that_this_build_does_not_know_is_a_problem) {
  clips_->asked(kFirstSource, 10);
  clips_->recorded({kFirstSource, "from_the_future", 0, ""}, {});
  EXPECT_EQ(shown(), "failed clip_interrupted");
}

TEST_F(ClipsTest, a_file_that_could_still_be_changed_is_no_clip) {
  clips_->asked(kFirstSource, 10);
  clips_->recorded({kFirstSource, "", 10'000, "h1"}, os::create_shared_memory("clip", 4).value());
  EXPECT_EQ(shown(), "failed clip_interrupted");
  clips_->asked(kFirstSource, 10);
  clips_->recorded({kFirstSource, "", 10'000, "h1"}, {});
  EXPECT_EQ(shown(), "failed clip_interrupted");
}

TEST_F(ClipsTest, a_second_clip_takes_the_place_of_the_first) {
  record("first");
  await("ready");
  const auto version = clips_->version(kFirstSource);
  record("second", "h2");
  EXPECT_EQ(clips_->version(kFirstSource), version) << "until the second is kept";
  await("stale clip_stale");
  EXPECT_NE(clips_->version(kFirstSource), version);
}

TEST_F(ClipsTest, an_ingest_that_dies_takes_its_recording_with_it) {
  clips_->asked(kFirstSource, 10);
  clips_->ingest_lost();
  EXPECT_EQ(shown(), "failed clip_interrupted");
}

TEST_F(ClipsTest, an_ingest_that_dies_does_not_harm_a_clip_that_it_has_delivered) {
  record();
  clips_->ingest_lost();
  await("ready");
}

TEST_F(ClipsTest, a_recording_that_an_earlier_manager_asked_for_is_shown_and_kept) {
  EXPECT_EQ(shown(facts("h1", 4000)), "recording");
  EXPECT_EQ(status(facts("h1", 4000))->seconds, std::nullopt);
  clips_->recorded({kFirstSource, "", 10'000, "h1"}, file());
  await("ready");
}

TEST_F(ClipsTest, a_removed_clip_leaves_nothing) {
  record();
  await("ready");
  ASSERT_TRUE(clips_->remove(kFirstSource).has_value());
  EXPECT_EQ(shown(), "none");
  EXPECT_EQ(clips_->version(kFirstSource), "");
  EXPECT_EQ(clips_->descriptor(kFirstSource), -1);
  start();
  EXPECT_EQ(shown(), "none");
}

TEST_F(ClipsTest, the_answer_to_a_recording_that_was_removed_is_not_heard) {
  clips_->asked(kFirstSource, 10);
  ASSERT_TRUE(clips_->remove(kFirstSource).has_value());
  EXPECT_EQ(shown(facts("h1", 2000)), "none");
  clips_->recorded({kFirstSource, "", 10'000, "h1"}, file());
  EXPECT_EQ(shown(), "none");
  record();
  await("ready");
}

TEST_F(ClipsTest, a_clip_that_is_removed_while_it_is_saved_is_not_kept) {
  record("removed");
  ASSERT_TRUE(clips_->remove(kFirstSource).has_value());
  record("kept");
  await("ready");
  Bytes bytes(4);
  EXPECT_FALSE(os::read_at(clips_->descriptor(kFirstSource), 0, bytes));
  EXPECT_EQ(as_text(bytes), "kept");
}

TEST_F(ClipsTest, a_damaged_or_missing_file_is_said) {
  record();
  await("ready");
  clips_.reset();
  std::filesystem::remove(path("1.flv.new"));  // had it no time to take its place
  std::ofstream(path("1.flv")) << "something else";
  start();
  await("failed clip_damaged");
  EXPECT_EQ(clips_->version(kFirstSource), "");
  EXPECT_EQ(status()->duration_ms, 10'400) << "there was one";
  record();
  await("ready");
}

TEST_F(ClipsTest, a_disk_that_does_not_take_it_is_said) {
  std::ofstream(directory_.path() + "/clips") << "a file where the directory should be";
  record();
  await("failed clip_not_saved");
  EXPECT_NE(status()->reason->text.find("Not a directory"), std::string::npos);
  EXPECT_TRUE(store_->clips().empty());
}

TEST_F(ClipsTest, the_clip_of_a_removed_source_goes_with_it) {
  const auto source = store_->add(Source{.id = 0, .name = "B", .app = "b", .key = {}})->id;
  clips_->asked(source, 10);
  clips_->recorded({source, "", 10'000, "h1"}, file());
  EXPECT_TRUE(reaches([&] { return !store_->clips().empty(); }));
  ASSERT_TRUE(store_->remove_source(source).has_value());
  EXPECT_TRUE(store_->clips().empty());
  clips_->keep_only(store_->sources());
  EXPECT_FALSE(clips_->status(source, facts()).has_value());
  EXPECT_EQ(clips_->version(source), "");
}

}  // namespace
}  // namespace sluice::manager
