// What happened is told once, in order, and survives a restart; the log never grows beyond its bounds.
#include "manager/event_log.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "manager/times.hpp"
#include "temp_directory.hpp"

namespace sluice::manager {
namespace {

using control::StreamState;
using namespace std::chrono_literals;

class EventLogTest : public testing::Test {
 protected:
  // As a new manager has it.
  void reopen(std::size_t max_file_bytes = kMaxLogFileBytes) {
    told_.clear();
    log_.emplace(
        directory_.path(), [this](const LogEntry& entry) { told_.push_back(dump(to_json(entry))); },
        max_file_bytes);
  }
  void SetUp() override { reopen(); }

  static StreamStatus status(StreamState state, const std::string& code = "") {
    StreamStatus status;
    status.state = state;
    if (!code.empty()) status.reason = control::Reason{code, "In words.", {{"words", "so"}}};
    status.since_ms = wall_ms() + 1000;
    return status;
  }
  void state(StreamState now, const std::string& code = "") { log_->stream_is(stream_, status(now, code)); }
  void source(std::string_view now) {
    control::SourceFacts facts;
    facts.state = now;
    facts.since_ms = wall_ms() + 1000;
    log_->source_is(source_, facts);
  }

  // "event state reason" of each; their ids grow.
  std::vector<std::string> words(const LogQuery& query = {}) const {
    std::vector<std::string> all;
    std::int64_t last = 0;
    for (const LogEntry& entry : log_->entries(query)) {
      EXPECT_GT(entry.id, std::exchange(last, entry.id));
      const Json json = to_json(entry);
      auto text = json["event"].get<std::string>();
      if (entry.state) text += " " + json["state"].get<std::string>();
      if (entry.reason) text += " " + entry.reason->code;
      all.push_back(text);
    }
    return all;
  }
  using Words = std::vector<std::string>;

  std::string path(const char* name = "events.jsonl") const { return directory_.path() + "/" + name; }
  std::string text(const char* name = "events.jsonl") const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void append(const std::string& bytes) { std::ofstream(path(), std::ios::app) << bytes; }

  TempDirectory directory_;
  std::vector<std::string> told_;
  std::optional<EventLog> log_;
  Stream stream_{.id = 3,
                 .name = "YouTube",
                 .platform = "youtube",
                 .server = "rtmp://h/a",
                 .key = Secret("stream-key"),
                 .tls_ca = {},
                 .backup_server = {}};
  Source source_{.id = 1, .name = "OBS", .app = "live", .key = Secret("source-key")};
};

TEST_F(EventLogTest, an_entry_is_as_described_and_told_as_it_is_kept) {
  state(StreamState::kRetrying, "timeout");
  const std::vector<LogEntry> entries = log_->entries({});
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(dump(to_json(entries[0])),
            R"({"id":)" + std::to_string(entries[0].id) + R"(,"at":")" + rfc3339(entries[0].at_ms) +
                R"(","kind":"stream","target":3,"name":"YouTube","event":"state","state":"retrying",)" +
                R"("reason":{"code":"timeout","text":"In words.","params":{"words":"so"}}})");
  EXPECT_EQ(told_, Words{dump(to_json(entries[0]))});
  EXPECT_EQ(text(), told_[0] + "\n");
  struct stat facts{};
  ASSERT_EQ(::stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(EventLogTest, only_another_state_or_reason_is_news) {
  state(StreamState::kOff);
  state(StreamState::kWaiting);
  state(StreamState::kWaiting, "source_absent");
  state(StreamState::kWaiting, "source_absent");
  state(StreamState::kConnecting);
  state(StreamState::kRetrying, "timeout");
  state(StreamState::kRetrying, "timeout");
  state(StreamState::kRetrying, "unreachable");
  state(StreamState::kLive);
  state(StreamState::kWaiting);  // another process, which has not reported yet
  state(StreamState::kLive);
  source("absent");
  source("publishing");
  source("publishing");
  source("absent");
  EXPECT_EQ(words(), (Words{"state waiting source_absent", "state connecting", "state retrying timeout",
                            "state retrying unreachable", "state live", "publishing", "absent"}));
}

TEST_F(EventLogTest, a_platform_that_is_down_overnight_is_told_of_once) {
  for (int n = 0; n < 100; ++n) {
    state(StreamState::kConnecting);
    state(StreamState::kRetrying, "unreachable");
    if (n == 50) reopen();
  }
  state(StreamState::kConnecting);
  state(StreamState::kRetrying, "timeout");
  state(StreamState::kConnecting);
  state(StreamState::kRefused, "key_refused");
  state(StreamState::kConnecting);
  state(StreamState::kRefused, "key_refused");
  state(StreamState::kConnecting);
  state(StreamState::kLive);
  state(StreamState::kConnecting);
  EXPECT_EQ(words(), (Words{"state connecting", "state retrying unreachable", "state retrying timeout",
                            "state refused key_refused", "state live", "state connecting"}));
}

TEST_F(EventLogTest, a_new_manager_goes_on_and_repeats_nothing) {
  log_->started();
  state(StreamState::kLive);
  source("publishing");
  reopen();
  log_->started();
  state(StreamState::kWaiting);  // found, not yet heard
  state(StreamState::kLive);
  source("publishing");
  EXPECT_EQ(told_.size(), 1U) << "only that it was started";
  state(StreamState::kHolding, "source_broken");
  reopen();
  EXPECT_EQ(words(),
            (Words{"started", "state live", "publishing", "started", "state holding source_broken"}));
  EXPECT_EQ(told_, Words{});
}

TEST_F(EventLogTest, an_id_is_not_used_again_when_the_files_are_gone) {
  for (int n = 0; n < 10; ++n) log_->started();
  const std::int64_t last = log_->entries({}).back().id;
  log_.reset();
  std::filesystem::remove(path());
  while (wall_ms() <= last) std::this_thread::sleep_for(1ms);  // ten in one millisecond: nobody is that quick
  reopen();
  EXPECT_EQ(words(), Words{});
  log_->started();
  EXPECT_GT(log_->entries({}).back().id, last);
}

TEST_F(EventLogTest, a_clock_that_stands_before_what_was_read_changes_nothing) {
  log_->started();
  const std::int64_t later = wall_ms() + 1'000'000'000;
  append(text().replace(6, text().find(',') - 6, std::to_string(later)));
  reopen();
  log_->started();
  EXPECT_EQ(log_->entries({}).back().id, later + 1);
}

TEST_F(EventLogTest, what_is_older_than_the_log_goes_back_is_not_told_as_new) {
  StreamStatus old = status(StreamState::kLive);
  old.since_ms = wall_ms() - 60'000;
  control::SourceFacts facts;
  facts.state = "publishing";
  facts.since_ms = wall_ms() - 60'000;
  log_->stream_is(stream_, old);
  log_->source_is(source_, facts);
  EXPECT_EQ(words(), Words{});
  state(StreamState::kHolding, "source_broken");
  source("absent");
  EXPECT_EQ(words(), (Words{"state holding source_broken", "absent"}));
}

TEST_F(EventLogTest, what_people_did_is_told_and_an_order_or_a_repetition_is_not) {
  log_->done(stream_, LogEvent::kAdded);
  Stream changed = stream_;
  changed.position = 9;
  log_->edited(stream_, changed);
  changed.enabled = true;
  log_->edited(stream_, changed);
  log_->edited(changed, changed);
  Stream more = changed;
  more.key = Secret("another-key");
  more.enabled = false;
  log_->edited(changed, more);
  log_->done(more, LogEvent::kRemoved);
  Source renamed = source_;
  renamed.name = "Camera";
  log_->done(renamed, LogEvent::kChanged);
  EXPECT_EQ(words(), (Words{"added", "switched_on", "changed", "switched_off", "removed", "changed"}));
  EXPECT_EQ(log_->entries({}).back().name, "Camera");
  EXPECT_EQ(text().find("-key"), std::string::npos);
}

TEST_F(EventLogTest, entries_are_asked_for_by_stream_source_id_and_number) {
  for (int n = 0; n < 3; ++n) {
    source("publishing");
    source("absent");
    log_->done(stream_, LogEvent::kRetried);
  }
  const std::int64_t before = log_->entries({}).front().id - 1;
  EXPECT_EQ(words({.stream = 3}), (Words{"retried", "retried", "retried"}));
  EXPECT_EQ(words({.stream = 4}), Words{});
  EXPECT_EQ(words({.source = 1, .limit = 2}), (Words{"publishing", "absent"})) << "the newest";
  EXPECT_EQ(words({.after = before + 6}), (Words{"publishing", "absent", "retried"}));
  EXPECT_EQ(words({.after = before + 2, .limit = 2}), (Words{"retried", "publishing"})) << "the next";
  EXPECT_EQ(words({.stream = 3, .source = 1}).size(), 9U);
  EXPECT_EQ(words({.after = before + 9}), Words{});
}

TEST_F(EventLogTest, damaged_lines_are_skipped_and_the_next_one_is_not_glued_to_a_torn_one) {
  log_->started();
  const std::string line = text();
  append("\n\xff\xfe\n{}\n[]\n" + std::string(100'000, '[') + "\n" + line);  // the last: an id once more
  for (const char* wrong : {R"("id":-2)", R"("id":2.5)", R"("id":9223372036854775807)", R"("id":"2")"})
    append(std::string(line).replace(1, line.find(',') - 1, wrong));
  append(
      R"({"id":4000000000000,"at":"2026-13-26T20:00:00.000Z","kind":"sluice","target":null,"name":null,"event":"started","state":null,"reason":null})"
      "\n");
  append(
      R"({"id":4000000000000,"at":"2026-11-26T20:00:00.000Z","kind":"sluice","target":null,"name":null,"event":"no_such","state":null,"reason":null})"
      "\n");
  append(
      R"({"id":4000000000000,"at":"2026-11-26T20:00:00.000Z","kind":"stream","target":3,"name":"A","event":"state","state":"liv)");
  reopen();
  EXPECT_EQ(words(), Words{"started"});
  state(StreamState::kLive);
  reopen();
  EXPECT_EQ(words(), (Words{"started", "state live"}));
}

TEST_F(EventLogTest, a_damaged_line_does_not_hold_up_the_start) {
  log_->started();
  const std::string line = text();
  append(std::string(kMaxLogLineBytes, ' ') +
         std::string(line).replace(6, line.find(',') - 6, "4000000000000"));
  append("\n");
  reopen();
  EXPECT_EQ(words(), Words{"started"}) << "no entry is that long";

  std::string many = "{";
  for (int n = 0; n < 100'000; ++n) many += '"' + std::to_string(n) + "\":0,";
  many += R"("id":1})";
  const Instant start = Clock::now();
  EXPECT_FALSE(parse_log_entry(many));
  EXPECT_LT(Clock::now() - start, 5s) << "not quadratic in the members";
}

TEST_F(EventLogTest, memory_and_files_are_bounded_and_the_newest_stay) {
  constexpr std::size_t kFile = 64U << 10U;
  reopen(kFile);
  const int many = 3 * static_cast<int>(kMaxLogEntries);
  for (int n = 0; n < many; ++n) log_->done(stream_, LogEvent::kRetried);
  EXPECT_EQ(log_->entries({.limit = kMaxLogEntries}).size(), kMaxLogEntries);
  const std::int64_t newest = log_->entries({.limit = 1}).front().id;
  EXPECT_EQ(log_->entries({.after = 0, .limit = 1}).front().id,
            newest - static_cast<int>(kMaxLogEntries) + 1);
  EXPECT_LE(text().size(), kFile);
  EXPECT_LE(text("events.1.jsonl").size(), kFile);
  EXPECT_GT(text("events.1.jsonl").size(), kFile / 2);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 2);
  reopen(kFile);
  const auto back = log_->entries({.limit = kMaxLogEntries});
  EXPECT_GT(back.size(), kFile / 200);
  EXPECT_EQ(back.back().id, newest);
  for (std::size_t n = 1; n < back.size(); ++n)
    ASSERT_EQ(back[n].id, back[n - 1].id + 1) << "across both files";
}

TEST_F(EventLogTest, a_file_that_cannot_be_written_costs_only_the_file) {
  ASSERT_EQ(::mkdir(path().c_str(), 0700), 0);
  reopen();
  log_->started();
  EXPECT_EQ(words(), Words{"started"});
  std::filesystem::remove(path());
  log_->started();
  reopen();
  EXPECT_EQ(words(), Words{"started"}) << "written again as soon as it can be";
}

TEST_F(EventLogTest, a_full_disk_loses_lines_and_the_next_one_that_fits_is_whole) {
  log_->started();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = text().size() + 10;  // half a line fits
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  state(StreamState::kConnecting);
  state(StreamState::kLive);
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(words(), (Words{"started", "state connecting", "state live"})) << "the show is not concerned";
  source("publishing");
  reopen();
  EXPECT_EQ(words(), (Words{"started", "publishing"}));
}

TEST_F(EventLogTest, a_file_that_is_deleted_meanwhile_is_made_anew) {
  log_->started();
  std::filesystem::remove(path());
  log_->started();
  reopen();
  EXPECT_EQ(words(), Words{"started"});
}

TEST_F(EventLogTest, a_caller_that_hammers_is_told_of_once_an_hour_and_16_callers_are) {
  const Instant start = Clock::now();
  for (int n = 0; n < 1000; ++n) log_->refused("192.0.2.7:" + std::to_string(40'000 + n), start + n * 3s);
  EXPECT_EQ(words(), Words{"publisher_refused"});
  EXPECT_EQ(log_->entries({}).front().name, "192.0.2.7");
  log_->refused("[2001:db8::7]:1", start + 59min);
  EXPECT_EQ(log_->entries({}).back().name, "[2001:db8::7]");
  log_->refused("192.0.2.7:5", start + 60min - 1s);
  EXPECT_EQ(words().size(), 2U);
  log_->refused("192.0.2.7:5", start + 60min);
  EXPECT_EQ(words().size(), 3U);
  for (int n = 0; n < 1000; ++n) log_->refused("198.51.100." + std::to_string(n) + ":5", start + 61min);
  EXPECT_EQ(words().size(), 1 + kMaxRefusedCallers);
}

TEST_F(EventLogTest, what_a_platform_says_at_length_is_cut) {
  StreamStatus long_winded = status(StreamState::kRefused, "key_refused");
  long_winded.reason->text = std::string(kMaxLogReasonBytes - 1, 'a') + "é" + std::string(2000, '\x01');
  log_->stream_is(stream_, long_winded);
  const std::string kept = std::string(kMaxLogReasonBytes - 1, 'a');
  EXPECT_EQ(log_->entries({}).front().reason->text, kept);
  reopen();
  ASSERT_EQ(words(), Words{"state refused key_refused"});
  EXPECT_EQ(log_->entries({}).front().reason->text, kept);
  EXPECT_TRUE(log_->entries({}).front().reason->params.empty());
}

TEST_F(EventLogTest, a_removed_stream_is_forgotten_and_a_name_with_anything_in_it_comes_back) {
  stream_.name = "Grüße \"\\\xf0\x9f\x8e\xa5";
  state(StreamState::kLive);
  log_->done(stream_, LogEvent::kRemoved);
  reopen();
  EXPECT_EQ(log_->entries({}).front().name, stream_.name);
  state(StreamState::kLive);
  EXPECT_EQ(words().back(), "state live");
}

}  // namespace
}  // namespace sluice::manager
