// The supervisor with real processes: stand-ins that say hello, crash, keep silent or do not obey.
#include "manager/supervisor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/reasons.hpp"
#include "manager_fixture.hpp"

namespace sluice::manager {
namespace {

using SupervisorTest = ManagerTest;

TEST_F(SupervisorTest, a_stream_switched_on_gets_a_configured_process_and_off_none) {
  Stream stream = add("custom");
  ASSERT_TRUE(running(stream));
  const int pid = status(stream).pid;
  EXPECT_GT(pid, 0);
  ASSERT_TRUE(reaches([&] { return status(stream).reason.has_value(); }));
  EXPECT_EQ(status(stream).reason->text, "configured");

  stream.enabled = false;
  change(stream);
  ASSERT_TRUE(reaches([&] { return supervisor_->gone(stream.id); }));
  EXPECT_EQ(status(stream).state, control::StreamState::kOff);
  EXPECT_EQ(status(stream).pid, 0);
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(SupervisorTest, a_killed_relay_is_replaced_while_the_other_stays) {
  const Stream victim = add("custom");
  const Stream other = add("custom");
  ASSERT_TRUE(running(victim) && running(other));
  const int pid = status(victim).pid;
  const int other_pid = status(other).pid;
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(reaches([&] { return status(victim).pid != pid && supervisor_->configured(victim.id); }));
  EXPECT_EQ(status(victim).stats.restarts, 1U);
  EXPECT_EQ(status(other).pid, other_pid);
}

TEST_F(SupervisorTest, one_that_does_not_obey_sigterm_is_killed) {
  Stream stream = add("stubborn");
  ASSERT_TRUE(running(stream));
  stream.enabled = false;
  change(stream);
  EXPECT_TRUE(reaches([&] { return supervisor_->gone(stream.id); }));
}

TEST_F(SupervisorTest, one_that_crashes_again_and_again_is_shown_as_retrying_with_the_reason) {
  const Stream stream = add("crash");
  ASSERT_TRUE(reaches([&] { return status(stream).state == control::StreamState::kRetrying; }));
  EXPECT_EQ(status(stream).reason->code, "relay_died");
  EXPECT_GT(status(stream).next_try_at_ms, 0);
  EXPECT_EQ(status(stream).pid, 0);
}

TEST_F(SupervisorTest, a_new_manager_takes_over_the_running_relay_and_ends_what_is_no_longer_wanted) {
  const Stream kept = add("custom");
  const Stream removed = add("custom");
  const Stream changed = add("custom");
  ASSERT_TRUE(running(kept) && running(removed) && running(changed));
  const int kept_pid = status(kept).pid;
  const int removed_pid = status(removed).pid;
  const int changed_pid = status(changed).pid;

  lose_manager();
  ASSERT_TRUE(store_->remove_stream(removed.id).has_value());
  Stream other_key = changed;
  other_key.key = Secret("new");
  ASSERT_TRUE(store_->update(other_key).has_value());
  start_manager();

  ASSERT_TRUE(reaches([&] { return supervisor_->gone(removed.id); }));
  EXPECT_EQ(status(kept).pid, kept_pid);
  EXPECT_NE(::kill(removed_pid, 0), 0);
  ASSERT_TRUE(running(changed));
  EXPECT_NE(status(changed).pid, changed_pid);
}

// What the stand-in has been told of its holds, as it says it.
ReasonParams told(const StreamStatus& status) {
  return status.reason ? status.reason->params : ReasonParams{};
}

TEST_F(SupervisorTest, a_relay_is_told_how_to_hold_and_of_each_change_without_being_replaced) {
  Stream stream = add("custom");
  ASSERT_TRUE(running(stream));
  const int pid = status(stream).pid;
  const ReasonParams first{{"hold_s", "60"}, {"stop_grace_s", "10"}, {"silent_audio", "0"}};
  ASSERT_TRUE(reaches([&] { return told(status(stream)) == first; }));

  stream.hold_s = 300;
  stream.silent_audio = SilentAudio::kOn;
  change(stream);
  const ReasonParams second{{"hold_s", "300"}, {"stop_grace_s", "10"}, {"silent_audio", "1"}};
  ASSERT_TRUE(reaches([&] { return told(status(stream)) == second; }));
  EXPECT_EQ(status(stream).hold_until_ms, 300'000);
  EXPECT_EQ(status(stream).pid, pid);
}

TEST_F(SupervisorTest, a_platform_that_needs_sound_gets_silence_from_the_next_apply_on) {
  const Stream stream = add("quiet");
  ASSERT_TRUE(running(stream));
  const int pid = status(stream).pid;
  needs_sound_ = "quiet";  // as when another catalogue says so
  supervisor_->apply();
  const ReasonParams expected{{"hold_s", "60"}, {"stop_grace_s", "10"}, {"silent_audio", "1"}};
  ASSERT_TRUE(reaches([&] { return told(status(stream)) == expected; }));
  EXPECT_EQ(status(stream).pid, pid);
}

TEST_F(SupervisorTest, a_new_manager_tells_the_relays_it_finds_what_was_changed_meanwhile) {
  const Stream stream = add("custom");
  ASSERT_TRUE(running(stream));
  const int pid = status(stream).pid;
  lose_manager();
  Stream changed = stream;
  changed.stop_grace_s = 42;
  ASSERT_TRUE(store_->update(changed).has_value());
  start_manager();
  const ReasonParams expected{{"hold_s", "60"}, {"stop_grace_s", "42"}, {"silent_audio", "0"}};
  ASSERT_TRUE(reaches([&] { return told(status(stream)) == expected; }));
  EXPECT_EQ(status(stream).pid, pid);
}

TEST_F(SupervisorTest, a_relay_is_given_the_clip_of_its_source_and_each_change_of_it) {
  Source busy{.id = 0, .name = "B", .app = "busy", .key = {}};
  busy = *store_->add(busy);
  Stream stream = add("clip");
  stream.source = busy.id;
  change(stream);
  const auto clip = [&] { return told(status(stream)); };
  ASSERT_TRUE(reaches([&] { return clip() == ReasonParams{{"clip", "none"}}; }));
  ASSERT_TRUE(comes_true([&] { return supervisor_->facts(busy.id).state == "publishing"; }));
  const int pid = status(stream).pid;

  EXPECT_TRUE(supervisor_->record_clip(busy.id, 10));
  ASSERT_TRUE(reaches([&] { return clip() == ReasonParams{{"clip", "14 bytes"}}; }));
  lose_manager();
  start_manager();
  ASSERT_TRUE(reaches([&] { return clip() == ReasonParams{{"clip", "14 bytes"}}; }));
  ASSERT_TRUE(clips_->remove(busy.id).has_value());
  ASSERT_TRUE(reaches([&] { return clip() == ReasonParams{{"clip", "none"}}; }));
  EXPECT_EQ(status(stream).pid, pid);
}

TEST_F(SupervisorTest, a_running_relay_of_another_build_hands_over_and_one_that_cannot_is_kept) {
  const Stream ancient = add("ancient");
  const Stream older = add("older");
  const Stream same = add("custom");
  ASSERT_TRUE(running(ancient) && running(older) && running(same));
  const int ancient_pid = status(ancient).pid;
  const int older_pid = status(older).pid;
  const int same_pid = status(same).pid;

  lose_manager();
  start_manager();
  ASSERT_TRUE(reaches([&] { return status(older).pid != older_pid && supervisor_->configured(older.id); }));
  EXPECT_EQ(status(older).stats.restarts, 0U);
  ASSERT_TRUE(running(ancient));
  EXPECT_EQ(status(ancient).pid, ancient_pid);
  EXPECT_EQ(status(same).pid, same_pid);
}

TEST_F(SupervisorTest, a_child_that_stopped_answering_is_killed_when_a_new_manager_starts) {
  const Stream stream = add("custom");
  ASSERT_TRUE(running(stream));
  const int pid = status(stream).pid;
  lose_manager();
  ::kill(pid, SIGSTOP);
  start_manager();
  ASSERT_TRUE(running(stream));
  EXPECT_NE(status(stream).pid, pid);
}

TEST_F(SupervisorTest, one_stopped_child_made_a_new_manager_kill_those_it_asked_after_it) {
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(running(add("custom")));
  const std::vector<ChildId> asked = directory_.children();
  const ChildId stopped = *std::ranges::find_if(asked, [](ChildId id) { return id != kIngest; });
  std::map<ChildId, int> pids;
  for (const auto& [id, stream] : store_->streams()) pids[id] = status(stream).pid;
  lose_manager();
  ::kill(pids.at(stopped), SIGSTOP);
  start_manager();
  for (const auto& [id, stream] : store_->streams()) {
    if (id != stopped) EXPECT_EQ(status(stream).pid, pids.at(id));
  }
  EXPECT_TRUE(reaches([&] { return supervisor_->configured(stopped); }));
}

TEST_F(SupervisorTest, a_killed_ingest_is_replaced_and_the_relays_stay) {
  const Stream stream = add("custom");
  ASSERT_TRUE(running(stream));
  ASSERT_TRUE(reaches([&] { return supervisor_->listening(); }));
  const int relay_pid = status(stream).pid;
  const auto ingest_pid = directory_.living_pid(kIngest);
  ASSERT_TRUE(ingest_pid.has_value());
  ::kill(*ingest_pid, SIGKILL);
  ASSERT_TRUE(reaches([&] { return !supervisor_->listening(); }));
  ASSERT_TRUE(reaches([&] { return supervisor_->listening(); }));
  EXPECT_NE(directory_.living_pid(kIngest), ingest_pid);
  EXPECT_EQ(status(stream).pid, relay_pid);
}

TEST_F(SupervisorTest, shutting_down_leaves_no_process_and_no_socket) {
  const Stream obedient = add("custom");
  const Stream stubborn = add("stubborn");
  ASSERT_TRUE(running(obedient) && running(stubborn));
  const int first = status(obedient).pid;
  const int second = status(stubborn).pid;
  supervisor_->shut_down();
  ASSERT_TRUE(reaches([&] { return supervisor_->all_gone(); }));
  EXPECT_NE(::kill(first, 0), 0);
  EXPECT_NE(::kill(second, 0), 0);
  EXPECT_TRUE(directory_.children().empty());
}

}  // namespace
}  // namespace sluice::manager
