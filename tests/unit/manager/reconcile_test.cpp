// Scripts of what reconcile decides: these events at these times, these actions.
#include "manager/reconcile.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "control/progress.hpp"

namespace sluice::manager {

// Found by GoogleTest next to the type.
void PrintTo(const Action& action, std::ostream* out) {
  *out << "{" << static_cast<int>(action.kind) << ", child " << action.child << "}";
}

namespace {

using Kind = Action::Kind;
using Actions = std::vector<Action>;
using namespace std::chrono_literals;

class ReconcileTest : public testing::Test {
 protected:
  // Relays 1 and 2 carry source 1. The ingest is wanted in its own tests only.
  void want(std::map<ChildId, Wish> wishes) { reconciler_.want(std::move(wishes), now_); }
  void want_relay(const std::string& hash = "A") { want({{1, {hash, 1}}}); }
  Actions step() { return reconciler_.step(now_); }
  void pass(Duration time) { now_ += time; }
  void greet(ChildId child, const std::string& hash = "", const std::string& ring = "") {
    reconciler_.greeted(child, {true, hash, ring}, now_);
  }
  void greet_in_another_protocol(ChildId child) { reconciler_.greeted(child, {false, "", ""}, now_); }
  void end(ChildId child) { reconciler_.ended(child, now_); }
  void run_relay() {
    want_relay();
    EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
    greet(1);
    EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
  }

  Reconciler reconciler_;
  Instant now_{};
};

TEST_F(ReconcileTest, a_wanted_relay_is_spawned_once_and_configured_after_its_hello) {
  run_relay();
  EXPECT_TRUE(reconciler_.settled(1));
  EXPECT_EQ(step(), Actions{});
  want_relay();
  EXPECT_EQ(step(), Actions{});
}

TEST_F(ReconcileTest, a_relay_no_longer_wanted_gets_sigterm_and_is_forgotten_when_gone) {
  run_relay();
  want({});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}}));
  pass(50ms);
  EXPECT_EQ(step(), Actions{});
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kForget, 1}}));
  EXPECT_FALSE(reconciler_.any_child());
  EXPECT_EQ(reconciler_.next_deadline(), std::nullopt);
}

TEST_F(ReconcileTest, one_that_does_not_obey_is_killed_after_300_ms_and_only_once) {
  run_relay();
  want({});
  step();
  EXPECT_EQ(reconciler_.next_deadline(), now_ + kEndDeadline);
  pass(kEndDeadline - 1ms);
  EXPECT_EQ(step(), Actions{});
  pass(1ms);
  EXPECT_EQ(step(), (Actions{{Kind::kKill, 1}}));
  pass(1s);
  EXPECT_EQ(step(), Actions{});
}

TEST_F(ReconcileTest, switching_off_while_it_starts_ends_it) {
  want_relay();
  step();
  want({});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}}));
  greet(1);
  EXPECT_EQ(step(), Actions{});
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kForget, 1}}));
}

TEST_F(ReconcileTest, switching_on_again_while_it_ends_starts_a_new_one_when_the_old_is_gone) {
  run_relay();
  want({});
  step();
  want_relay();
  EXPECT_EQ(step(), Actions{});
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  EXPECT_EQ(reconciler_.restarts(1), 0);
}

TEST_F(ReconcileTest, a_dead_relay_is_replaced_at_once) {
  run_relay();
  reconciler_.did_useful_work(1);
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  EXPECT_EQ(reconciler_.restarts(1), 1);
}

TEST_F(ReconcileTest, deaths_in_a_row_before_any_media_wait_longer_and_longer) {
  want_relay();
  for (const Duration wait : std::initializer_list<Duration>{0s, 1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    step();
    ASSERT_EQ(reconciler_.phase(1), Phase::kStarting);
    end(1);
    ASSERT_EQ(reconciler_.respawn_at(1), now_ + wait);
    if (wait > 0s) {
      EXPECT_EQ(step(), Actions{});
    }
    pass(wait);
  }
  step();
  greet(1);
  reconciler_.did_useful_work(1);
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
}

TEST_F(ReconcileTest, one_that_has_run_for_long_without_media_is_replaced_at_once_too) {
  run_relay();
  for (int i = 0; i < 3; ++i) {
    pass(kSettled);
    end(1);
    EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  }
}

TEST_F(ReconcileTest, a_program_that_cannot_be_started_is_tried_again_after_a_second) {
  want_relay();
  step();
  reconciler_.spawn_failed(1, now_);
  EXPECT_EQ(step(), Actions{});
  EXPECT_EQ(reconciler_.next_deadline(), now_ + 1s);
  pass(1s);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
}

TEST_F(ReconcileTest, a_person_who_retries_does_not_wait_for_the_next_start) {
  want_relay();
  step();
  reconciler_.spawn_failed(1, now_);
  reconciler_.retry_now(1, now_);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
}

TEST_F(ReconcileTest, one_that_says_no_hello_is_killed_and_its_death_counts) {
  want_relay();
  step();
  pass(kHelloDeadline);
  EXPECT_EQ(step(), (Actions{{Kind::kKill, 1}}));
  EXPECT_FALSE(reconciler_.asked_to_end(1));
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  EXPECT_EQ(reconciler_.restarts(1), 1);
}

TEST_F(ReconcileTest, one_whose_heart_has_stopped_for_three_seconds_is_killed_and_replaced) {
  run_relay();
  pass(control::kHeartbeatLost - 1ms);
  reconciler_.heartbeat(1, now_);
  pass(control::kHeartbeatLost - 1ms);
  EXPECT_EQ(step(), Actions{});
  EXPECT_EQ(reconciler_.next_deadline(), now_ + 1ms);
  pass(1ms);
  EXPECT_EQ(step(), (Actions{{Kind::kKill, 1}}));
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
}

TEST_F(ReconcileTest, a_changed_configuration_ends_the_old_relay_and_starts_another) {
  run_relay();
  want_relay("B");
  EXPECT_FALSE(reconciler_.settled(1));
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}}));
  EXPECT_TRUE(reconciler_.asked_to_end(1));
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  greet(1);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
  EXPECT_TRUE(reconciler_.settled(1));
  EXPECT_EQ(reconciler_.restarts(1), 0);
}

TEST_F(ReconcileTest, a_changed_configuration_is_tried_at_once_although_the_old_one_was_waiting) {
  want_relay();
  step();
  reconciler_.spawn_failed(1, now_);
  want_relay("B");
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
}

TEST_F(ReconcileTest, a_found_relay_with_the_same_configuration_is_kept_untouched) {
  reconciler_.found(1, now_);
  greet(1, "A");
  want_relay();
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}}));
  EXPECT_EQ(step(), Actions{});
  EXPECT_TRUE(reconciler_.settled(1));
}

TEST_F(ReconcileTest, a_found_relay_with_another_configuration_or_protocol_is_replaced) {
  reconciler_.found(1, now_);
  reconciler_.found(2, now_);
  greet(1, "old");
  greet_in_another_protocol(2);
  want({{1, {"A", 1}}, {2, {"A", 1}}});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}, {Kind::kTerminate, 2}}));
}

TEST_F(ReconcileTest, a_relay_on_the_disk_of_another_protocol_waits_longer_and_longer) {
  want_relay();
  for (const Duration wait : std::initializer_list<Duration>{0s, 1s, 2s, 4s}) {
    ASSERT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
    greet_in_another_protocol(1);
    ASSERT_EQ(step(), (Actions{{Kind::kTerminate, 1}}));
    end(1);
    ASSERT_EQ(reconciler_.respawn_at(1), now_ + wait);
    pass(wait);
  }
}

// Giving it the same ring again made a relay go back to the last key frame.
TEST_F(ReconcileTest, a_found_relay_reads_on_undisturbed_in_the_ring_it_has) {
  reconciler_.found(1, now_);
  reconciler_.found(kIngest, now_);
  greet(1, "A", "r1");
  greet(kIngest, "S");
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}}));
  reconciler_.ring_is(1, "r1");
  EXPECT_EQ(step(), Actions{});
  reconciler_.ring_is(1, "r2");
  EXPECT_EQ(step(), (Actions{{Kind::kAttach, 1}, {Kind::kUseRing, 1}}));
  reconciler_.ring_is(1, "r3");
  EXPECT_EQ(step(), (Actions{{Kind::kUseRing, 1}}));
}

TEST_F(ReconcileTest, a_found_relay_whose_ingest_is_gone_is_attached_to_the_new_one) {
  reconciler_.found(1, now_);
  greet(1, "A", "r1");
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, kIngest}, {Kind::kTellHold, 1}}));
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}, {Kind::kAttach, 1}, {Kind::kLoseRing, 1}}));
  reconciler_.ring_is(1, "r2");
  EXPECT_EQ(step(), (Actions{{Kind::kUseRing, 1}}));
}

TEST_F(ReconcileTest, a_stray_child_is_ended) {
  reconciler_.found(7, now_);
  greet(7, "A");
  want({});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 7}}));
  end(7);
  EXPECT_EQ(step(), (Actions{{Kind::kForget, 7}}));
}

// ---- upgrades ----

class UpgradeTest : public ReconcileTest {
 protected:
  // Relays 1 and 2 and the ingest, all of another build, live, as this manager finds them.
  UpgradeTest() {
    for (const ChildId child : {kIngest, ChildId{1}, ChildId{2}}) reconciler_.found(child, now_);
    greet_as_old(kIngest, "S", "");
    greet_as_old(1);
    greet_as_old(2);
    want(wishes_);
    reconciler_.publishing(true, now_);
    reconciler_.ring_is(1, "r1");
    EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}, {Kind::kTellHold, 2}}));
  }
  void greet_as_old(ChildId child, const std::string& hash = "A", const std::string& ring = "r1") {
    reconciler_.greeted(child, {true, hash, ring, false}, now_);
  }
  void be_live(ChildId relay) {
    reconciler_.did_useful_work(relay);
    reconciler_.holds(relay, false);
  }
  void both_are_live() {
    be_live(1);
    be_live(2);
  }
  void expect_a_successor_of(ChildId relay) {
    end(relay);
    EXPECT_EQ(step(), (Actions{{Kind::kDetach, relay}, {Kind::kSpawn, relay}}));
    EXPECT_EQ(reconciler_.restarts(relay), 0);
    greet(relay);
    EXPECT_EQ(step(), (Actions{{Kind::kConfigure, relay},
                               {Kind::kTellHold, relay},
                               {Kind::kAttach, relay},
                               {Kind::kUseRing, relay}}));
  }
  void pass_with_heartbeats(Duration time) {
    pass(time);
    for (const ChildId child : {1, 2}) reconciler_.heartbeat(child, now_);
  }

  std::map<ChildId, Wish> wishes_{{kIngest, {"S", 0}}, {1, {"A", 1}}, {2, {"A", 1}}};
};

TEST_F(UpgradeTest, relays_of_another_build_hand_over_one_after_the_other) {
  both_are_live();
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 1}}));
  EXPECT_TRUE(reconciler_.settled(1));
  EXPECT_TRUE(reconciler_.asked_to_end(1));
  EXPECT_EQ(step(), Actions{});
  expect_a_successor_of(1);
  EXPECT_EQ(step(), Actions{});
  be_live(1);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 2}}));
  expect_a_successor_of(2);
  be_live(2);
  EXPECT_EQ(step(), Actions{});
}

TEST_F(UpgradeTest, a_successor_without_media_holds_the_next_one_up_for_ten_seconds) {
  both_are_live();
  step();
  expect_a_successor_of(1);
  pass_with_heartbeats(kSuccessorPatience - 1ms);
  EXPECT_EQ(step(), Actions{});
  EXPECT_EQ(reconciler_.next_deadline(), now_ + 1ms);
  pass(1ms);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 2}}));
}

TEST_F(UpgradeTest, successors_that_die_before_any_media_leave_the_other_relays_untouched) {
  both_are_live();
  step();
  end(1);
  step();
  for (int i = 0; i < 5; ++i) {
    end(1);
    pass_with_heartbeats(kSettled - 1ms);
    EXPECT_EQ(reconciler_.phase(2), Phase::kRunning);
    for (const Action& action : step()) EXPECT_NE(action.child, 2);
  }
}

TEST_F(UpgradeTest, a_relay_that_does_not_know_the_word_stays_and_is_not_asked_again) {
  both_are_live();
  step();
  reconciler_.channel_lost(1, now_);
  EXPECT_EQ(step(), (Actions{{Kind::kConnect, 1}}));
  greet_as_old(1);
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}, {Kind::kHandOver, 2}}));
  EXPECT_TRUE(reconciler_.settled(1));
  EXPECT_FALSE(reconciler_.asked_to_end(1));
  expect_a_successor_of(2);
  be_live(2);
  EXPECT_EQ(step(), Actions{});
}

TEST_F(UpgradeTest, a_relay_whose_channel_closes_because_it_leaves_has_not_died) {
  both_are_live();
  step();
  reconciler_.channel_lost(1, now_);
  EXPECT_EQ(step(), (Actions{{Kind::kConnect, 1}}));
  expect_a_successor_of(1);
}

TEST_F(UpgradeTest, a_relay_that_does_not_leave_in_time_is_left_alone) {
  both_are_live();
  step();
  EXPECT_LE(reconciler_.next_deadline(), now_ + control::kHeartbeatLost);
  pass_with_heartbeats(kHandOverPatience - 1ms);
  EXPECT_EQ(step(), Actions{});
  EXPECT_EQ(reconciler_.next_deadline(), now_ + 1ms);
  pass(1ms);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 2}}));
  EXPECT_TRUE(reconciler_.settled(1));
  // Should it leave after all, that is no death.
  EXPECT_TRUE(reconciler_.asked_to_end(1));
  expect_a_successor_of(1);
}

TEST_F(UpgradeTest, a_relay_is_asked_only_when_its_state_is_known_and_is_no_hold) {
  EXPECT_EQ(step(), Actions{});
  reconciler_.holds(1, true);
  reconciler_.holds(2, false);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 2}}));
  expect_a_successor_of(2);
  be_live(2);
  EXPECT_EQ(step(), Actions{});
  be_live(1);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 1}}));
}

TEST_F(UpgradeTest, a_relay_is_asked_only_when_its_ring_is_at_hand_for_the_successor) {
  reconciler_.ring_is(1, "");
  both_are_live();
  EXPECT_EQ(step(), Actions{});
  reconciler_.ring_is(1, "r1");
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 1}}));
}

TEST_F(UpgradeTest, another_configuration_ends_and_connects_anew_whatever_the_build) {
  wishes_[1].config_hash = "B";
  want(wishes_);
  both_are_live();
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}, {Kind::kHandOver, 2}}));
}

TEST_F(UpgradeTest, what_this_manager_has_started_itself_is_never_asked) {
  both_are_live();
  step();
  end(1);
  step();
  greet_as_old(1, "", "");
  step();
  be_live(1);
  EXPECT_EQ(step(), (Actions{{Kind::kHandOver, 2}}));
  expect_a_successor_of(2);
  be_live(2);
  EXPECT_EQ(step(), Actions{});
}

TEST_F(UpgradeTest, switching_off_and_shutting_down_do_not_wait_for_a_hand_over) {
  both_are_live();
  step();
  want({});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, kIngest}, {Kind::kTerminate, 1}, {Kind::kTerminate, 2}}));
}

TEST_F(UpgradeTest, an_ingest_of_another_build_is_replaced_when_nobody_has_published_for_a_while) {
  pass_with_heartbeats(1min);
  EXPECT_EQ(step(), Actions{});
  reconciler_.publishing(false, now_);
  EXPECT_EQ(step(), Actions{});
  pass_with_heartbeats(kIngestIdle - 1ms);
  EXPECT_EQ(step(), Actions{});
  EXPECT_EQ(reconciler_.next_deadline(), now_ + 1ms);
  pass(1ms);
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, kIngest}}));
  EXPECT_TRUE(reconciler_.asked_to_end(kIngest));
  end(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, kIngest}, {Kind::kLoseRing, 1}, {Kind::kLoseRing, 2}}));
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}, {Kind::kAttach, 1}, {Kind::kAttach, 2}}));
}

TEST_F(ReconcileTest, a_lost_channel_is_made_anew_and_the_relay_stays) {
  run_relay();
  reconciler_.channel_lost(1, now_);
  EXPECT_EQ(step(), (Actions{{Kind::kConnect, 1}}));
  EXPECT_EQ(step(), Actions{});
  greet(1, "A");
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}}));
  EXPECT_TRUE(reconciler_.settled(1));
}

TEST_F(ReconcileTest, a_change_of_how_a_relay_holds_is_told_and_interrupts_nothing) {
  run_relay();
  for (const control::HoldPolicy& hold :
       {control::HoldPolicy{300, 10, false}, control::HoldPolicy{300, 0, false},
        control::HoldPolicy{300, 0, true}}) {
    want({{1, {"A", 1, hold}}});
    EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}}));
    EXPECT_TRUE(reconciler_.settled(1));
    want({{1, {"A", 1, hold}}});
    EXPECT_EQ(step(), Actions{});
  }
}

TEST_F(ReconcileTest, another_clip_or_none_is_told_and_one_that_is_not_known_yet_is_not) {
  run_relay();
  const auto wish = [](std::optional<std::string> clip) { return Wish{"A", 1, {}, std::move(clip)}; };
  want({{1, wish(std::nullopt)}});
  EXPECT_EQ(step(), Actions{});
  for (const char* clip : {"", "d1", "d2", ""}) {
    want({{1, wish(clip)}});
    EXPECT_EQ(step(), (Actions{{Kind::kTellClip, 1}})) << clip;
    EXPECT_EQ(step(), Actions{});
    EXPECT_TRUE(reconciler_.settled(1));
  }
  reconciler_.channel_lost(1, now_);
  step();
  greet(1, "A");
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}, {Kind::kTellClip, 1}}));
}

TEST_F(ReconcileTest, what_was_told_over_a_lost_channel_is_told_again) {
  run_relay();
  reconciler_.channel_lost(1, now_);
  want({{1, {"A", 1, {300, 10, false}}}});
  EXPECT_EQ(step(), (Actions{{Kind::kConnect, 1}}));
  EXPECT_EQ(step(), Actions{});
  greet(1, "A");
  EXPECT_EQ(step(), (Actions{{Kind::kTellHold, 1}}));
  EXPECT_EQ(step(), Actions{});
}

TEST_F(ReconcileTest, a_relay_without_a_configuration_is_told_nothing_before_it) {
  want_relay();
  step();
  want({{1, {"A", 1, {0, 0, true}}}});
  EXPECT_EQ(step(), Actions{});
  greet(1);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
}

TEST_F(ReconcileTest, a_relay_that_ends_is_told_nothing_more) {
  run_relay();
  want({{1, {"B", 1, {0, 0, true}}}});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, 1}}));
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, 1}}));
  greet(1);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
}

TEST_F(ReconcileTest, a_relay_is_attached_and_given_each_ring_once) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}, {2, {"A", 2}}});
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, kIngest}, {Kind::kSpawn, 1}, {Kind::kSpawn, 2}}));
  greet(1);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}, {Kind::kAttach, 1}}));
  reconciler_.ring_is(1, "r1");
  EXPECT_EQ(step(), (Actions{{Kind::kUseRing, 1}}));
  reconciler_.ring_is(1, "r1");
  EXPECT_EQ(step(), Actions{});
  reconciler_.ring_is(1, "r2");
  EXPECT_EQ(step(), (Actions{{Kind::kUseRing, 1}}));
  greet(2);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 2}, {Kind::kTellHold, 2}, {Kind::kAttach, 2}}));
}

TEST_F(ReconcileTest, a_dead_ingest_is_replaced_and_all_readers_are_attached_again) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  step();
  greet(kIngest);
  greet(1);
  reconciler_.ring_is(1, "r1");
  step();
  end(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, kIngest}, {Kind::kLoseRing, 1}}));
  EXPECT_TRUE(reconciler_.settled(1));
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}, {Kind::kAttach, 1}}));
}

TEST_F(ReconcileTest, a_gone_relay_is_detached_and_its_successor_gets_ring_and_reader_anew) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  step();
  greet(kIngest);
  greet(1);
  reconciler_.ring_is(1, "r1");
  step();
  end(1);
  EXPECT_EQ(step(), (Actions{{Kind::kDetach, 1}, {Kind::kSpawn, 1}}));
  greet(1);
  EXPECT_EQ(step(),
            (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}, {Kind::kAttach, 1}, {Kind::kUseRing, 1}}));
}

TEST_F(ReconcileTest, changed_sources_are_told_to_the_running_ingest) {
  want({{kIngest, {"S", 0}}});
  step();
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}}));
  want({{kIngest, {"T", 0}}});
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}}));
  EXPECT_EQ(step(), Actions{});
}

TEST_F(ReconcileTest, shutting_down_ends_everything_at_the_same_time) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}, {2, {"A", 1}}});
  step();
  greet(kIngest);
  greet(1);
  step();
  want({});
  EXPECT_EQ(step(), (Actions{{Kind::kTerminate, kIngest}, {Kind::kTerminate, 1}, {Kind::kTerminate, 2}}));
  EXPECT_TRUE(reconciler_.any_child());
  end(kIngest);
  end(1);
  end(2);
  step();
  EXPECT_FALSE(reconciler_.any_child());
}

TEST_F(ReconcileTest, relays_are_told_when_the_writer_of_their_ring_is_gone) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  step();
  greet(kIngest);
  greet(1);
  reconciler_.ring_is(1, "ring");
  step();
  end(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kSpawn, kIngest}, {Kind::kLoseRing, 1}}));
  greet(kIngest);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, kIngest}, {Kind::kAttach, 1}}));
  reconciler_.ring_is(1, "next");
  EXPECT_EQ(step(), (Actions{{Kind::kUseRing, 1}}));
}

TEST_F(ReconcileTest, a_relay_that_starts_after_the_ingests_death_gets_no_dead_ring) {
  want({{kIngest, {"S", 0}}});
  step();
  greet(kIngest);
  reconciler_.ring_is(1, "ring");
  end(kIngest);
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  step();
  greet(1);
  EXPECT_EQ(step(), (Actions{{Kind::kConfigure, 1}, {Kind::kTellHold, 1}}));
}

TEST_F(ReconcileTest, an_adopted_relay_is_told_when_no_ingest_was_found_with_it) {
  want({{kIngest, {"S", 0}}, {1, {"A", 1}}});
  reconciler_.found(1, now_);
  greet(1, "A", "ring");
  step();
  greet(kIngest);
  const Actions actions = step();
  EXPECT_NE(std::ranges::find(actions, Action{Kind::kLoseRing, 1}), actions.end());
}

}  // namespace
}  // namespace sluice::manager
