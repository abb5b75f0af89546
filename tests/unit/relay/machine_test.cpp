// A relay's life: connecting, sending, failing, trying again, handing over. What it does while its source is
// away is in machine_hold_test.
#include "machine_fixture.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/handshake.hpp"

namespace sluice::relay {
namespace {

TEST_F(MachineTest, waits_without_a_connection_until_the_source_is_there) {
  use_source();
  run();
  EXPECT_EQ(state(), StreamState::kWaiting);
  EXPECT_EQ(reason(), "source_absent");
  EXPECT_TRUE(wishes_.empty());
}

TEST_F(MachineTest, says_that_the_source_is_absent_only_when_it_has_been_given_time_to_appear) {
  EXPECT_EQ(state(), StreamState::kWaiting);
  EXPECT_EQ(reason(), "");
  pass(199ms);
  EXPECT_EQ(reason(), "");
  pass(1ms);
  EXPECT_EQ(reason(), "source_absent");
}

TEST_F(MachineTest, is_live_once_the_first_key_frame_is_with_the_platform) {
  use_source();
  publish();
  EXPECT_EQ(state(), StreamState::kConnecting);
  run();
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(platform_->key, "the-key");
  EXPECT_EQ(platform_->received, (std::vector<Bytes>{avc_header(), key_frame(1)}));
}

TEST_F(MachineTest, loses_and_repeats_nothing_while_it_lives) {
  use_source();
  publish();
  run();
  std::vector<Bytes> expected{avc_header(), key_frame(1)};
  for (int i = 2; i < 250; ++i) {
    const Bytes frame = inter_frame(static_cast<std::uint8_t>(i));
    source_.video(static_cast<std::uint32_t>(i * 33), frame);
    expected.push_back(frame);
    machine_.source_woken(now_);
    run();
  }
  EXPECT_EQ(platform_->received, expected);
}

TEST_F(MachineTest, says_goodbye_when_switched_off) {
  use_source();
  publish();
  run();
  machine_.end(now_);
  run();
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kClose, Wish::kExit}));
}

TEST_F(MachineTest, a_goodbye_that_is_not_taken_becomes_a_reset_after_200_ms) {
  use_source();
  publish();
  run();
  stalled_ = true;
  machine_.end(now_);
  run();
  pass(199ms);
  EXPECT_EQ(wishes_.back(), Wish::kConnect);
  pass(1ms);
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kAbandon, Wish::kExit}));
}

TEST_F(MachineTest, switched_off_while_connecting_it_leaves_without_a_word) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.end(now_);
  run();
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kAbandon, Wish::kExit}));
}

TEST_F(MachineTest, an_unreachable_platform_is_retried_within_a_second) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.connect_failed({FailureKind::kUnreachable, "refused"}, now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "unreachable");
  ASSERT_TRUE(machine_.status().next_try);
  connects_ = true;
  pass(1s);
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(MachineTest, retry_now_does_not_wait) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.connect_failed({FailureKind::kUnreachable, {}}, now_);
  connects_ = true;
  machine_.retry_now(now_);
  run();
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(MachineTest, a_refused_key_waits_thirty_seconds) {
  use_source();
  publish();
  run(Platform::Answer::kDenied);
  EXPECT_EQ(state(), StreamState::kRefused);
  EXPECT_EQ(reason(), "key_refused");
  EXPECT_EQ(machine_.status().next_try, now_ + 30s);
}

TEST_F(MachineTest, a_redirect_is_a_refusal_that_is_named) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.connected(now_);
  Bytes answer(1 + 2 * rtmp::kHandshakeBlockBytes);
  answer[0] = 3;
  machine_.received(answer, now_);
  Bytes error = rtmp::begin_command("_error", 1);
  rtmp::amf0::put_null(error);
  rtmp::amf0::begin_object(error);
  rtmp::amf0::put_key(error, "code");
  rtmp::amf0::put_string(error, "NetConnection.Connect.Rejected");
  rtmp::amf0::put_key(error, "ex");
  rtmp::amf0::begin_object(error);
  rtmp::amf0::put_key(error, "redirect");
  rtmp::amf0::put_string(error, "rtmp://127.0.0.1/other");
  rtmp::amf0::end_object(error);
  rtmp::amf0::end_object(error);
  rtmp::OutputBuffer chunks;
  rtmp::ChunkWriter().write_absolute(chunks, {3, rtmp::kCommand, 0, 0, error});
  machine_.received(chunks.view(), now_);
  EXPECT_EQ(state(), StreamState::kRefused);
  EXPECT_EQ(reason(), "redirected");
  EXPECT_EQ(machine_.status().next_try, now_ + 30s);
}

TEST_F(MachineTest, a_key_in_use_is_retried_soon) {
  use_source();
  publish();
  run(Platform::Answer::kBadName);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "already_publishing");
}

TEST_F(MachineTest, a_close_right_after_publish_is_a_refused_key) {
  use_source();
  publish();
  run();
  now_ += 4s;
  machine_.closed_by_peer(now_);
  EXPECT_EQ(state(), StreamState::kRefused);
  EXPECT_EQ(reason(), "key_refused");
}

TEST_F(MachineTest, a_close_instead_of_an_answer_to_publish_is_a_refused_key) {
  use_source();
  publish();
  run(Platform::Answer::kNothing);
  now_ += 4s;
  machine_.closed_by_peer(now_);
  EXPECT_EQ(state(), StreamState::kRefused);
  EXPECT_EQ(reason(), "key_refused");
}

TEST_F(MachineTest, a_stream_that_was_healthy_is_not_called_refused_when_the_platform_closes_early) {
  use_source();
  publish();
  run();
  now_ += 61s;
  machine_.closed_by_peer(now_);
  pass(1s);
  ASSERT_EQ(state(), StreamState::kLive);
  now_ += 1s;
  machine_.closed_by_peer(now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  run(Platform::Answer::kNothing);
  machine_.retry_now(now_);
  run(Platform::Answer::kNothing);
  machine_.closed_by_peer(now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "platform_closed");
}

TEST_F(MachineTest, a_close_after_a_healthy_minute_is_retried_soon) {
  use_source();
  publish();
  run();
  now_ += 61s;
  machine_.closed_by_peer(now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "platform_closed");
  pass(1s);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(machine_.reconnects(), 1U);
  EXPECT_EQ(platform_->received, (std::vector<Bytes>{avc_header(), key_frame(1)}));
}

TEST_F(MachineTest, a_silent_platform_is_given_up_after_ten_seconds) {
  use_source();
  publish();
  run(Platform::Answer::kNothing);
  EXPECT_EQ(state(), StreamState::kConnecting);
  now_ += 10s;
  machine_.tick(now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "timeout");
}

TEST_F(MachineTest, a_platform_that_stops_reading_is_abandoned_after_ten_seconds) {
  use_source();
  publish();
  run();
  stalled_ = true;
  source_.video(33, inter_frame(2));
  machine_.source_woken(now_);
  now_ += 9s;
  machine_.tick(now_);
  EXPECT_EQ(state(), StreamState::kLive);
  now_ += 1s;
  machine_.tick(now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "platform_stalled");
  EXPECT_EQ(machine_.take_wish(), Wish::kAbandon);
}

TEST_F(MachineTest, a_closed_window_is_a_stall_though_the_kernel_takes_all_that_a_slow_source_sends) {
  use_source();
  publish();
  run();
  stalled_ = true;
  std::size_t queued = 0;
  for (std::uint32_t beat = 1; beat <= 20; ++beat) {
    source_.video(beat * 500, inter_frame(2));
    machine_.source_woken(now_);
    queued += kernel_takes_all();
    machine_.network(1000, queued, now_);
    EXPECT_EQ(state(), StreamState::kLive) << beat;
    pass(500ms);
  }
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "platform_stalled");
  EXPECT_EQ(wishes_.back(), Wish::kAbandon);
}

TEST_F(MachineTest, a_platform_that_acknowledges_slowly_is_no_stall) {
  use_source();
  publish();
  run();
  stalled_ = true;  // the kernel is full and takes nothing, but a byte gets through now and then
  source_.video(33, inter_frame(2));
  machine_.source_woken(now_);
  for (std::uint64_t acked = 1000; acked < 1020; ++acked) {
    machine_.network(acked, 200'000, now_);
    pass(9s);
    EXPECT_EQ(state(), StreamState::kLive);
  }
  pass(1s);
  EXPECT_EQ(reason(), "platform_stalled");
}

TEST_F(MachineTest, a_platform_with_nothing_to_acknowledge_is_no_stall) {
  use_source();
  publish();
  run();
  for (int beat = 0; beat < 60; ++beat) {
    machine_.network(1000, 0, now_);
    pass(5s);
  }
  EXPECT_EQ(state(), StreamState::kLive);
  stalled_ = true;
  source_.video(33, inter_frame(2));
  machine_.source_woken(now_);
  machine_.network(1000, kernel_takes_all(), now_);
  pass(9999ms);
  EXPECT_EQ(state(), StreamState::kLive) << "the time before there was anything to acknowledge was counted";
}

TEST_F(MachineTest, what_an_old_connection_left_in_the_kernel_says_nothing_about_the_next_one) {
  use_source();
  publish();
  run();
  now_ += 61s;
  machine_.network(1'000'000, 5000, now_);
  machine_.closed_by_peer(now_);
  pass(1s);
  ASSERT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(machine_.deadline(), std::nullopt);
  machine_.network(1000, 500, now_);
  pass(5s);
  machine_.network(1500, 500, now_);
  pass(9s);
  EXPECT_EQ(state(), StreamState::kLive);
}

class BackupTest : public MachineTest {
 protected:
  BackupTest() : MachineTest(rtmp::PublishTarget{"backup-app", "rtmp://backup/app", Secret{"the-key"}}) {
    use_source();
    connects_ = false;
    publish();
    run();
  }
  // The server that is being tried cannot be reached, and the next try begins.
  void fails(FailureKind kind = FailureKind::kUnreachable) {
    machine_.connect_failed({kind, {}}, now_);
    pass_to_next_try();
  }
  void pass_to_next_try() {
    now_ = machine_.deadline().value();
    machine_.tick(now_);
    run();
    ASSERT_EQ(state(), connects_ ? StreamState::kLive : StreamState::kConnecting);
  }
};

TEST_F(BackupTest, three_failures_in_a_row_and_the_other_server_is_tried) {
  std::vector<std::size_t> tried;
  for (int i = 0; i < 9; ++i) {
    tried.push_back(machine_.server_index());
    fails();
  }
  EXPECT_EQ(tried, (std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(machine_.server_index(), 1U);
}

TEST_F(BackupTest, the_backup_gets_its_own_app_and_the_same_key) {
  for (int i = 0; i < 2; ++i) fails();
  connects_ = true;
  fails();
  EXPECT_EQ(machine_.server_index(), 1U);
  EXPECT_EQ(platform_->app, "backup-app");
  EXPECT_EQ(platform_->key, "the-key");
}

TEST_F(BackupTest, refusals_count_as_failures) {
  connects_ = true;
  machine_.connect_failed({FailureKind::kUnreachable, {}}, now_);
  for (int i = 0; i < 2; ++i) {
    now_ = machine_.deadline().value();
    machine_.tick(now_);
    run(Platform::Answer::kDenied);
    EXPECT_EQ(state(), StreamState::kRefused);
    EXPECT_EQ(machine_.server_index(), 0U);
  }
  pass_to_next_try();
  EXPECT_EQ(machine_.server_index(), 1U);
}

TEST_F(BackupTest, after_a_healthy_minute_at_the_backup_the_main_server_has_three_tries_again) {
  for (int i = 0; i < 2; ++i) fails();
  connects_ = true;
  fails();
  ASSERT_EQ(machine_.server_index(), 1U);
  now_ += 61s;
  machine_.closed_by_peer(now_);
  connects_ = false;
  pass_to_next_try();
  EXPECT_EQ(machine_.server_index(), 0U);
  for (int i = 0; i < 2; ++i) fails();
  EXPECT_EQ(machine_.server_index(), 0U);
  fails();
  EXPECT_EQ(machine_.server_index(), 1U);
}

TEST_F(BackupTest, the_end_of_a_healthy_minute_at_the_main_server_is_its_first_failure) {
  fails();
  connects_ = true;
  fails();
  ASSERT_EQ(machine_.server_index(), 0U);
  now_ += 61s;
  machine_.closed_by_peer(now_);
  connects_ = false;
  pass_to_next_try();
  fails();
  EXPECT_EQ(machine_.server_index(), 0U);
  fails();
  EXPECT_EQ(machine_.server_index(), 1U);
}

TEST_F(MachineTest, without_a_backup_it_stays_with_its_server) {
  use_source();
  connects_ = false;
  publish();
  for (int i = 0; i < 7; ++i) {
    run();
    machine_.connect_failed({FailureKind::kUnreachable, {}}, now_);
    pass(30s);
    EXPECT_EQ(machine_.server_index(), 0U);
  }
}

TEST_F(MachineTest, garbage_from_the_platform_is_named) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.connected(now_);
  machine_.received(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), now_);
  EXPECT_EQ(state(), StreamState::kRetrying);
  EXPECT_EQ(reason(), "platform_garbage");
}

TEST_F(MachineTest, holds_the_session_when_the_source_stops_and_goes_on_in_it) {
  use_source();
  publish();
  run();
  source_.stop(true);
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_ended_waiting");
  now_ += 3s;
  publish();
  run();
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(machine_.reconnects(), 0U);
  EXPECT_EQ(platform_->received, (std::vector<Bytes>{avc_header(), key_frame(1), key_frame(1)}));
}

TEST_F(MachineTest, a_source_whose_ingest_died_is_held_and_nothing_of_it_opens_a_session) {
  use_source();
  publish();
  run();
  ASSERT_EQ(state(), StreamState::kLive);
  machine_.source_lost(now_);  // the ring still says publishing
  run();
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_broken_waiting");
  now_ += 61s;
  machine_.closed_by_peer(now_);
  run();
  EXPECT_EQ(state(), StreamState::kWaiting);
  const auto connects = std::ranges::count(wishes_, Wish::kConnect);
  pass(1h);
  EXPECT_EQ(std::ranges::count(wishes_, Wish::kConnect), connects);
}

TEST_F(MachineTest, a_platform_that_closes_during_a_hold_is_called_again_with_the_source) {
  use_source();
  publish();
  run();
  now_ += 61s;
  source_.stop(false);
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(reason(), "source_broken_waiting");
  machine_.closed_by_peer(now_);
  run();
  EXPECT_EQ(state(), StreamState::kWaiting);
  publish();
  run();
  EXPECT_EQ(state(), StreamState::kLive);
}

// ---- handing over ----

const std::vector kHandedOver{Wish::kConnect, Wish::kFinish, Wish::kClose, Wish::kExit};

TEST_F(MachineTest, hands_over_at_the_next_key_frame_and_nothing_is_lost_or_sent_twice) {
  use_source();
  publish();
  run();
  more(33, inter_frame(2));
  hand_over();
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  more(66, inter_frame(3));
  EXPECT_EQ(state(), StreamState::kLive);
  more(100, key_frame(4));
  EXPECT_EQ(wishes_, kHandedOver);
  more(133, inter_frame(5));
  EXPECT_EQ(platform_->received,
            (std::vector<Bytes>{avc_header(), key_frame(1), inter_frame(2), inter_frame(3)}));
  EXPECT_EQ(sent_by_successor(), (std::vector<Bytes>{avc_header(), key_frame(4), inter_frame(5)}));
}

TEST_F(MachineTest, says_no_goodbye_and_stays_live_to_the_eye_when_it_hands_over) {
  use_source();
  publish();
  run();
  hand_over();
  more(33, key_frame(2));
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_FALSE(platform_->goodbye);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(reason(), "");
}

TEST_F(MachineTest, a_key_frame_not_yet_sent_is_left_to_the_successor_although_it_came_before_the_request) {
  use_source();
  publish();
  run();
  stalled_ = true;
  more(33, inter_frame(2));
  more(66, inter_frame(3));
  more(100, key_frame(4));
  hand_over();
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  stalled_ = false;
  run();
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(platform_->received,
            (std::vector<Bytes>{avc_header(), key_frame(1), inter_frame(2), inter_frame(3)}));
  EXPECT_EQ(sent_by_successor(), (std::vector<Bytes>{avc_header(), key_frame(4)}));
}

TEST_F(MachineTest, a_header_before_the_key_frame_is_no_place_to_hand_over) {
  use_source();
  publish();
  run();
  hand_over();
  more(33, avc_header(9));
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  more(33, key_frame(2));
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(sent_by_successor().back(), key_frame(2));
}

TEST_F(MachineTest, a_repeated_header_that_is_left_out_does_not_hide_the_key_frame_behind_it) {
  use_source();
  publish();
  run();
  hand_over();
  source_.video(33, avc_header());
  source_.video(33, key_frame(2));
  more(66, inter_frame(3));
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(platform_->received, (std::vector<Bytes>{avc_header(), key_frame(1)}));
  const auto rest = sent_by_successor();
  EXPECT_EQ((std::vector<Bytes>{rest.end() - 2, rest.end()}),
            (std::vector<Bytes>{key_frame(2), inter_frame(3)}));
}

TEST_F(MachineTest, hands_over_at_the_first_key_frame_of_another_publisher) {
  use_source();
  publish();
  run();
  hand_over();
  source_.begin(now_);
  more(0, avc_header());
  more(0, inter_frame(8));
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  more(33, key_frame(9));
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(sent_by_successor().back(), key_frame(9));
}

TEST_F(MachineTest,
       without_a_key_frame_it_hands_over_after_fifteen_seconds_and_the_successor_goes_back_to_the_last) {
  use_source();
  publish();
  run();
  hand_over();
  pass(kHandOverDeadline - 1ms);
  source_.at(now_);
  more(33, inter_frame(2));
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  pass(1ms);
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(sent_by_successor(), (std::vector<Bytes>{avc_header(), key_frame(1), inter_frame(2)}));
}

TEST_F(MachineTest, without_media_it_hands_over_at_once) {
  use_source();
  hand_over();
  EXPECT_EQ(wishes_, std::vector{Wish::kExit});
}

TEST_F(MachineTest, when_the_source_stops_it_hands_over_at_once) {
  use_source();
  publish();
  run();
  hand_over();
  source_.stop(false);
  more(33, inter_frame(2));
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(platform_->received.back(), inter_frame(2));
}

TEST_F(MachineTest, a_relay_that_waits_for_its_next_try_hands_over_at_once) {
  use_source();
  connects_ = false;
  publish();
  run();
  machine_.connect_failed({FailureKind::kUnreachable, {}}, now_);
  hand_over();
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kExit}));
}

TEST_F(MachineTest, a_relay_that_is_connecting_hands_over_at_once) {
  use_source();
  connects_ = false;
  publish();
  run();
  hand_over();
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kAbandon, Wish::kExit}));
}

TEST_F(MachineTest, a_platform_that_fails_during_the_hand_over_is_the_successors_to_call) {
  use_source();
  publish();
  run();
  now_ += 61s;
  hand_over();
  machine_.closed_by_peer(now_);
  run();
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kAbandon, Wish::kExit}));
}

TEST_F(MachineTest,
       a_platform_that_takes_nothing_any_more_is_left_by_force_three_seconds_after_the_key_frame) {
  use_source();
  publish();
  run();
  hand_over();
  source_.video(33, inter_frame(2));
  source_.video(66, key_frame(3));
  stalled_ = true;
  machine_.source_woken(now_);
  run();
  pass(kLeaveDeadline - 1ms);
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  pass(1ms);
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kAbandon, Wish::kExit}));
  // What was never with the kernel is sent again, from the key frame before it.
  EXPECT_EQ(sent_by_successor(),
            (std::vector<Bytes>{avc_header(), key_frame(1), inter_frame(2), key_frame(3)}));
}

TEST_F(MachineTest, a_platform_that_does_not_close_its_side_is_waited_for_three_seconds) {
  use_source();
  publish();
  run();
  closes_ = false;
  hand_over();
  more(33, key_frame(2));
  machine_.received(as_bytes("what comes now is nobody's business"), now_);
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kFinish}));
  pass(kLeaveDeadline - 1ms);
  EXPECT_EQ(wishes_.back(), Wish::kFinish);
  pass(1ms);
  EXPECT_EQ(wishes_, kHandedOver);
}

TEST_F(MachineTest, goes_on_when_nobody_would_start_its_successor_any_more) {
  use_source();
  publish();
  run();
  hand_over();
  machine_.stay();
  more(33, key_frame(2));
  pass(kHandOverDeadline);
  EXPECT_EQ(wishes_, std::vector{Wish::kConnect});
  EXPECT_EQ(platform_->received.back(), key_frame(2));
  hand_over();
  more(66, key_frame(3));
  EXPECT_EQ(wishes_, kHandedOver);
}

TEST_F(MachineTest, switched_off_during_a_hand_over_it_says_goodbye_as_long_as_it_can) {
  use_source();
  publish();
  run();
  hand_over();
  machine_.end(now_);
  run();
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(wishes_, (std::vector{Wish::kConnect, Wish::kClose, Wish::kExit}));
  EXPECT_EQ(state(), StreamState::kOff);
}

TEST_F(MachineTest, switched_off_behind_the_last_message_it_closes_at_once) {
  use_source();
  publish();
  run();
  closes_ = false;
  hand_over();
  more(33, key_frame(2));
  machine_.end(now_);
  run();
  EXPECT_EQ(wishes_, kHandedOver);
  EXPECT_EQ(state(), StreamState::kOff);
}

}  // namespace
}  // namespace sluice::relay
