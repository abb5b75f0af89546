// What a platform gets while its source is away, and when it is back (issue 4).
#include "machine_fixture.hpp"
#include "made_clip.hpp"
#include "real_media.hpp"

namespace sluice::relay {
namespace {

using media::MessageKind;
using std::chrono::milliseconds;

class HoldTest : public MachineTest {
 protected:
  HoldTest() { machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = false}, now_); }

  void headers(const Bytes& avc = real_avc_header(), const Bytes& aac = real_aac_header()) {
    source_.at(now_);
    source_.video(0, avc);
    if (!aac.empty()) source_.audio(0, aac);
  }
  void begin(std::uint32_t first_ms = 0) {
    source_.begin(now_);
    first_ms_ = first_ms;
    frame_ = 0;
    headers();
  }
  void begin_without_sound() {
    source_.begin(now_);
    frame_ = 0;
    headers(real_avc_header(), {});
  }
  // Frames in real time: 25 a second, two sounds with each, a key frame each second.
  void film(int frames, bool sound = true) {
    for (; frames > 0; --frames, ++frame_) {
      pass(40ms);
      const std::uint32_t ms = first_ms_ + static_cast<std::uint32_t>(frame_) * 40;
      source_.at(now_);
      const auto mark = static_cast<std::uint8_t>(frame_);
      source_.video(
          ms, frame_ % 25 == 0 ? real_key_frame(mark, 80) : real_frame(mark, frame_ % 25 % 2 == 1 ? 120 : 0));
      if (sound) {
        source_.audio(ms, audio_frame(mark));
        source_.audio(ms + 20, audio_frame(mark));
      }
      machine_.source_woken(now_);
      run();
    }
  }
  // Sound alone, at the same pace.
  void hear(int pairs) {
    for (; pairs > 0; --pairs, ++frame_) {
      pass(40ms);
      const std::uint32_t ms = static_cast<std::uint32_t>(frame_) * 40;
      source_.at(now_);
      source_.audio(ms, audio_frame(static_cast<std::uint8_t>(frame_)));
      source_.audio(ms + 20, audio_frame(static_cast<std::uint8_t>(frame_)));
      machine_.source_woken(now_);
      run();
    }
  }
  // Of a source without key frames.
  void trickle(std::uint32_t number) {
    pass(40ms);
    source_.at(now_);
    source_.video(8'000 + number * 40, real_frame(static_cast<std::uint8_t>(number)));
    machine_.source_woken(now_);
    run();
  }
  void start_show(int frames) {
    use_source();
    begin();
    film(frames);
    ASSERT_EQ(state(), StreamState::kLive);
  }
  void stop(bool cleanly) {
    source_.stop(cleanly);
    machine_.source_woken(now_);
    run();
  }

  std::vector<Platform::Message> of(MessageKind kind, std::size_t from = 0) const {
    std::vector<Platform::Message> some;
    for (std::size_t i = from; i < platform_->messages.size(); ++i) {
      const auto& message = platform_->messages[i];
      const media::Traits traits = media::inspect({kind, 0, message.payload});
      if (message.kind == kind && !traits.is_sequence_header) some.push_back(message);
    }
    return some;
  }
  // Of everything that the platform has got.
  void expect_lawful_time() const {
    for (const MessageKind kind : {MessageKind::kVideo, MessageKind::kAudio}) {
      std::int64_t last = -1;
      for (const auto& message : of(kind)) {
        EXPECT_GT(message.ms, last);
        last = message.ms;
      }
    }
    std::int64_t shown = -1;  // key frames begin anew: nothing before them is shown after them
    bool key_was_last = false;
    for (const auto& message : of(MessageKind::kVideo)) {
      const media::Traits traits = media::inspect({MessageKind::kVideo, 0, message.payload});
      const std::int64_t at = std::int64_t{message.ms} + traits.composition_ms;
      if (traits.is_key_frame) {
        EXPECT_GT(at, shown);
        EXPECT_FALSE(key_was_last) << "two key frames in a row at " << message.ms;
      }
      shown = std::max(shown, at);
      key_was_last = traits.is_key_frame;
    }
  }
  std::size_t connects() const {
    return static_cast<std::size_t>(std::ranges::count(wishes_, Wish::kConnect));
  }

  std::uint32_t first_ms_ = 0;
  int frame_ = 0;
};

TEST_F(HoldTest, a_broken_source_is_held_with_its_last_key_frame_and_silence) {
  start_show(60);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(4s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_broken");
  const auto pictures = of(MessageKind::kVideo, live);
  EXPECT_NEAR(static_cast<double>(pictures.size()), 100, 2);
  EXPECT_EQ(pictures.front().payload, real_key_frame(50, 80));
  EXPECT_EQ(std::ranges::count(pictures, real_key_frame(50, 80), &Platform::Message::payload), 4);
  EXPECT_NEAR(static_cast<double>(of(MessageKind::kAudio, live).size()), 4 * 46.875, 4);
  expect_lawful_time();
}

TEST_F(HoldTest, session_time_goes_on_by_the_time_that_passes) {
  start_show(60);
  const std::uint32_t last = of(MessageKind::kVideo).back().ms;
  stop(false);
  pass(10s);
  EXPECT_NEAR(of(MessageKind::kVideo).back().ms, last + 10'000, 50);
  EXPECT_NEAR(of(MessageKind::kAudio).back().ms, last + 10'000, 50);
}

TEST_F(HoldTest, the_source_comes_back_in_the_same_session_with_sound_and_picture_together) {
  start_show(60);
  stop(false);
  pass(5s);
  begin(70'000);
  const std::size_t held = platform_->messages.size();
  film(30);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
  const auto pictures = of(MessageKind::kVideo, held);
  const auto key = std::ranges::find(pictures, real_key_frame(0, 80), &Platform::Message::payload);
  ASSERT_NE(key, pictures.end());
  EXPECT_EQ((key + 1)->ms - key->ms, 40U);
  const auto sounds = of(MessageKind::kAudio, held);
  const auto sound = std::ranges::find(sounds, audio_frame(1), &Platform::Message::payload);
  ASSERT_NE(sound, sounds.end());
  EXPECT_EQ(sound->ms, (key + 1)->ms);
}

TEST_F(HoldTest, ten_breaks_in_a_row_leave_one_lawful_session) {
  start_show(30);
  for (int i = 0; i < 10; ++i) {
    film(i);  // cut at different places of the group
    stop(i % 3 == 0);
    pass(milliseconds{1 + i * 333});
    begin(static_cast<std::uint32_t>(i) * 1'000);
    film(26);
  }
  EXPECT_EQ(connects(), 1U);
  EXPECT_FALSE(platform_->goodbye);
  expect_lawful_time();
}

TEST_F(HoldTest, each_break_moved_the_session_further_ahead_of_the_clock) {
  start_show(1);
  const Instant began = now_;
  for (int i = 0; i < 100; ++i) {
    film(8);
    stop(false);
    pass(milliseconds{60 + i % 40});
    begin();
    film(1);
  }
  const auto passed = std::chrono::duration_cast<milliseconds>(now_ - began).count();
  EXPECT_NEAR(of(MessageKind::kVideo).back().ms, static_cast<double>(passed), 200);
  expect_lawful_time();
}

TEST_F(HoldTest, a_break_right_behind_a_key_frame_goes_on_with_copies_of_it) {
  start_show(26);
  const std::size_t live = platform_->messages.size();
  ASSERT_EQ(of(MessageKind::kVideo).back().payload, real_key_frame(25, 80));
  stop(false);
  pass(500ms);
  const auto pictures = of(MessageKind::kVideo, live);
  ASSERT_GT(pictures.size(), 5U);
  EXPECT_NE(pictures.front().payload, real_key_frame(25, 80));
  expect_lawful_time();
}

TEST_F(HoldTest, a_hold_that_is_over_ends_the_show_and_the_next_one_is_a_new_session) {
  start_show(30);
  stop(false);
  const Instant gone = now_;
  pass(59s);
  ASSERT_TRUE(machine_.status().hold_until);
  EXPECT_LE(*machine_.status().hold_until, gone + 60s);
  EXPECT_FALSE(platform_->goodbye);
  pass(2s);
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(state(), StreamState::kWaiting);
  EXPECT_EQ(reason(), "hold_over");
  EXPECT_FALSE(machine_.status().hold_until);
  begin();
  film(5);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 2U);
  EXPECT_EQ(of(MessageKind::kVideo).front().ms, 0U);
}

TEST_F(HoldTest, a_clean_stop_ends_the_show_after_the_grace) {
  start_show(30);
  stop(true);
  pass(9s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_ended");
  EXPECT_FALSE(platform_->goodbye);
  pass(2s);
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(reason(), "show_ended");
}

TEST_F(HoldTest, a_restart_within_the_grace_continues_the_show) {
  start_show(30);
  stop(true);
  pass(8s);
  begin();
  film(30);
  pass(3s);
  EXPECT_FALSE(platform_->goodbye);
  EXPECT_EQ(connects(), 1U);
}

TEST_F(HoldTest, without_a_hold_nothing_is_sent_but_the_grace_still_ends_the_show) {
  machine_.set_policy({.hold_s = 0, .stop_grace_s = 10, .silent_audio = false}, now_);
  start_show(30);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(300s);
  EXPECT_EQ(platform_->messages.size(), live);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_broken_waiting");
  begin();
  film(10);
  stop(true);
  pass(11s);
  EXPECT_TRUE(platform_->goodbye);
}

TEST_F(HoldTest, a_hold_may_be_made_longer_while_it_lasts) {
  start_show(30);
  stop(false);
  pass(50s);
  machine_.set_policy({.hold_s = 120, .stop_grace_s = 10, .silent_audio = false}, now_);
  pass(60s);
  EXPECT_EQ(state(), StreamState::kHolding);
  machine_.set_policy({.hold_s = 30, .stop_grace_s = 10, .silent_audio = false}, now_);
  run();
  EXPECT_TRUE(platform_->goodbye);
}

TEST_F(HoldTest, a_short_silence_freezes_nothing_and_what_comes_late_is_sent) {
  start_show(30);
  const std::size_t live = platform_->messages.size();
  pass(4s);
  EXPECT_EQ(platform_->messages.size(), live);
  EXPECT_EQ(state(), StreamState::kLive);
  for (int i = 0; i < 100; ++i, ++frame_) {
    source_.at(now_);
    source_.video(static_cast<std::uint32_t>(frame_) * 40, real_frame(static_cast<std::uint8_t>(frame_)));
  }
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(platform_->messages.size(), live + 100);
}

TEST_F(HoldTest, a_silent_source_is_held_from_five_seconds_on) {
  start_show(30);
  const std::size_t live = platform_->messages.size();
  pass(6s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_silent");
  EXPECT_GT(platform_->messages.size(), live);
}

TEST_F(HoldTest, a_source_that_was_silent_goes_on_where_its_clock_is_now) {
  start_show(30);
  const int gap = 200;  // frames: 8 s
  pass(gap * 40ms);
  ASSERT_EQ(state(), StreamState::kHolding);
  const std::size_t held = platform_->messages.size();
  // All that could not be sent comes at once, then it goes on in real time.
  for (int i = 0; i < gap; ++i, ++frame_) {
    source_.at(now_);
    const auto mark = static_cast<std::uint8_t>(frame_);
    source_.video(static_cast<std::uint32_t>(frame_) * 40,
                  frame_ % 25 == 0 ? real_key_frame(mark, 80) : real_frame(mark));
  }
  machine_.source_woken(now_);
  run();
  film(50);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
  // Not a second of the past is shown, and the clock has not moved.
  const auto pictures = of(MessageKind::kVideo, held);
  const auto last = pictures.back();
  EXPECT_NEAR(last.ms, (frame_ - 1) * 40, 600);
}

TEST_F(HoldTest, a_newer_publisher_is_a_splice_and_one_without_a_picture_is_held_after_a_second) {
  start_show(30);
  const std::size_t live = platform_->messages.size();
  begin(0);
  machine_.source_woken(now_);
  pass(900ms);
  EXPECT_EQ(platform_->messages.size(), live);
  pass(1s);
  EXPECT_GT(platform_->messages.size(), live);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_broken");
  film(5);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
}

TEST_F(HoldTest, another_format_gets_a_fresh_session_without_a_goodbye) {
  start_show(30);
  stop(false);
  pass(2s);
  auto old = std::move(platform_);
  source_.begin(now_);
  frame_ = 0;
  headers(other_avc_header());
  platform_ = std::move(old);
  Platform* before = platform_.get();
  bool goodbye = false;
  for (int i = 0; i < 5; ++i) {
    film(1);
    if (platform_.get() == before) goodbye = before->goodbye;
  }
  EXPECT_FALSE(goodbye);
  EXPECT_EQ(connects(), 2U);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(of(MessageKind::kVideo).front().payload, real_key_frame(0, 80));
  EXPECT_EQ(of(MessageKind::kVideo).front().ms, 0U);
}

TEST_F(HoldTest, another_sound_format_gets_a_fresh_session_too) {
  start_show(30);
  source_.begin(now_);
  frame_ = 0;
  headers(real_avc_header(), other_aac_header());
  film(5);
  EXPECT_EQ(connects(), 2U);
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(HoldTest, a_platform_that_closes_during_a_hold_is_shown_the_picture_again) {
  start_show(160);
  stop(false);
  pass(2s);
  machine_.closed_by_peer(now_);
  platform_.reset();
  pass(3s);
  EXPECT_EQ(state(), StreamState::kHolding);
  ASSERT_TRUE(platform_);
  EXPECT_EQ(platform_->messages[0].payload, real_avc_header());
  EXPECT_EQ(platform_->messages[1].payload, real_aac_header());
  EXPECT_EQ(of(MessageKind::kVideo).front().payload, real_key_frame(150, 80));
  EXPECT_EQ(of(MessageKind::kVideo).front().ms, 0U);
  begin();
  film(30);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 2U);
  expect_lawful_time();
}

TEST_F(HoldTest, a_successor_of_a_relay_that_died_in_a_hold_goes_on_with_it) {
  start_show(60);
  stop(false);
  pass(2s);
  const auto delivered = machine_.delivered();
  ASSERT_TRUE(delivered);
  machine_ = Machine({"app", "rtmp://host/app", Secret{"the-key"}}, 43, now_);
  machine_.resume_from(*delivered);
  use_source();
  run();
  pass(1s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(of(MessageKind::kVideo).front().payload, real_key_frame(50, 80));
  pass(55s);
  EXPECT_FALSE(platform_->goodbye);
  pass(3s);  // the hold's minute counts from the source's last message, whichever process shows it
  EXPECT_TRUE(platform_->goodbye);
}

TEST_F(HoldTest, a_stream_switched_on_while_the_source_is_away_waits) {
  begin();
  film(60);
  source_.stop(false);
  use_source();
  run();
  pass(1s);
  EXPECT_EQ(state(), StreamState::kWaiting);
  EXPECT_EQ(connects(), 0U);
}

TEST_F(HoldTest, the_last_picture_survives_the_ring_of_an_ingest_that_died) {
  start_show(60);
  FakeSource next{2};
  machine_.source_lost(now_);
  run();
  pass(1s);
  machine_.use_source(&next, now_);
  const std::size_t before = platform_->messages.size();
  pass(2s);
  EXPECT_GT(of(MessageKind::kVideo, before).size(), 40U);
  expect_lawful_time();
}

TEST_F(HoldTest, a_ring_that_changes_at_once_leaves_its_picture_behind) {
  start_show(60);
  FakeSource next{2};
  machine_.use_source(&next, now_);
  run();
  pass(2s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(std::ranges::count(of(MessageKind::kVideo), real_key_frame(50, 80), &Platform::Message::payload),
            3);
}

TEST_F(HoldTest, a_stalled_platform_is_not_sent_what_it_missed) {
  start_show(30);
  stop(false);
  pass(1s);
  stalled_ = true;
  pass(8s);
  stalled_ = false;
  const std::size_t before = platform_->messages.size();
  run();
  EXPECT_LT(platform_->messages.size() - before, 10U);
  expect_lawful_time();
}

TEST_F(HoldTest, a_stalled_platform_is_given_up_during_a_hold_as_at_any_time) {
  start_show(30);
  stop(false);
  pass(1s);
  stalled_ = true;
  pass(12s);
  EXPECT_EQ(std::ranges::count(wishes_, Wish::kAbandon), 1);
  EXPECT_EQ(connects(), 2U);
}

TEST_F(HoldTest, switched_off_during_a_hold_it_says_goodbye) {
  start_show(30);
  stop(false);
  pass(1s);
  machine_.end(now_);
  run();
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(wishes_.back(), Wish::kExit);
}

TEST_F(HoldTest, switched_off_while_the_show_is_being_ended_it_exits) {
  start_show(30);
  stop(true);
  pass(9s + 900ms);
  stalled_ = true;
  pass(150ms);
  wishes_.clear();
  machine_.end(now_);
  pass(1s);
  run();
  ASSERT_FALSE(wishes_.empty());
  EXPECT_EQ(wishes_.back(), Wish::kExit);
}

TEST_F(HoldTest, a_source_without_sound_is_given_silence_in_step_with_its_pictures) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  use_source();
  source_.begin(now_);
  headers(real_avc_header(), {});
  film(100, false);
  const auto sounds = of(MessageKind::kAudio);
  ASSERT_GT(sounds.size(), 100U);
  EXPECT_NEAR(sounds.back().ms, of(MessageKind::kVideo).back().ms, 40);
  const auto& all = platform_->received;
  EXPECT_EQ(std::ranges::count(all, silent_header()), 1);
  stop(false);
  pass(2s);
  begin_without_sound();
  film(60, false);
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(std::ranges::count(all, silent_header()), 1);
  EXPECT_NEAR(of(MessageKind::kAudio).back().ms, of(MessageKind::kVideo).back().ms, 40);
  expect_lawful_time();
}

TEST_F(HoldTest, a_source_with_sound_is_given_none) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  start_show(100);
  EXPECT_EQ(of(MessageKind::kAudio).size(), 200U);
}

TEST_F(HoldTest, the_clip_is_shown_instead_of_the_frozen_picture_and_the_source_follows_it) {
  const MadeClip made;
  machine_.use_clip(made.clip);
  start_show(60);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(5s);
  const auto held = of(MessageKind::kVideo, live);
  EXPECT_NEAR(static_cast<double>(held.size()), 125, 3);
  EXPECT_EQ(held.front().payload, real_key_frame(kClipMark, 80));
  EXPECT_EQ(std::ranges::count(held, real_key_frame(50, 80), &Platform::Message::payload), 0);
  begin(5'000);
  film(30);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
}

TEST_F(HoldTest, a_clip_of_another_format_is_not_shown) {
  const MadeClip made(other_avc_header());
  machine_.use_clip(made.clip);
  start_show(60);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(1s);
  EXPECT_EQ(of(MessageKind::kVideo, live).front().payload, real_key_frame(50, 80));
}

TEST_F(HoldTest, a_clip_that_can_no_longer_be_read_gives_way_to_the_frozen_picture) {
  MadeClip made;
  machine_.use_clip(made.clip);
  start_show(60);
  stop(false);
  pass(1s);
  made.readable = 0;
  const std::size_t before = platform_->messages.size();
  pass(3s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_GE(std::ranges::count(of(MessageKind::kVideo, before), real_key_frame(50, 80),
                               &Platform::Message::payload),
            2);
  expect_lawful_time();
}

// ---- what the simulator has found ---------------------------------------------------------------------

TEST_F(HoldTest, a_late_platform_was_taken_for_a_silent_source_and_its_show_ended) {
  machine_.set_policy({.hold_s = 5, .stop_grace_s = 10, .silent_audio = false}, now_);
  start_show(30);
  stalled_ = true;
  film(150);
  stalled_ = false;
  film(25);
  EXPECT_FALSE(platform_->goodbye);
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(HoldTest, the_show_of_a_late_platform_ended_before_it_had_the_rest) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 2, .silent_audio = false}, now_);
  start_show(30);
  stalled_ = true;
  film(62);
  stop(true);
  stalled_ = false;
  run();
  EXPECT_EQ(std::ranges::count(of(MessageKind::kAudio), audio_frame(91), &Platform::Message::payload), 2);
  EXPECT_FALSE(platform_->goodbye);
  pass(2s);
  EXPECT_TRUE(platform_->goodbye);
}

TEST_F(HoldTest, a_hold_that_broke_with_its_session_shortened_the_next_one) {
  start_show(60);
  stop(false);
  pass(2s);
  machine_.closed_by_peer(now_);
  platform_.reset();
  begin();
  film(1'600);
  ASSERT_EQ(state(), StreamState::kLive);
  stop(false);
  pass(59s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_FALSE(platform_->goodbye);
}

TEST_F(HoldTest, a_hold_went_on_although_nobody_wanted_it_any_more) {
  start_show(60);
  stop(false);
  pass(2s);
  machine_.set_policy({.hold_s = 0, .stop_grace_s = 10, .silent_audio = false}, now_);
  run();
  const std::size_t before = platform_->messages.size();
  pass(30s);
  EXPECT_EQ(platform_->messages.size(), before);
  EXPECT_EQ(state(), StreamState::kHolding);
  begin();
  film(30);
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(state(), StreamState::kLive);
  expect_lawful_time();
}

TEST_F(HoldTest, a_restart_within_the_grace_ended_the_show_when_the_hold_was_shorter_than_the_stop) {
  machine_.set_policy({.hold_s = 5, .stop_grace_s = 10, .silent_audio = false}, now_);
  start_show(60);
  stop(true);
  pass(7s);
  begin();
  machine_.source_woken(now_);  // of the publisher, before its first key frame
  run();
  EXPECT_FALSE(platform_->goodbye);
  film(30);
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(HoldTest, a_clean_stop_before_the_first_key_frame_was_given_no_grace) {
  use_source();
  begin();
  machine_.source_woken(now_);
  run();
  pass(1s);
  stop(true);
  EXPECT_FALSE(platform_->goodbye);
  pass(11s);
  EXPECT_TRUE(platform_->goodbye);
}

TEST_F(HoldTest, a_platform_that_refused_when_the_ring_changed_was_given_up) {
  start_show(60);
  machine_.closed_by_peer(now_);
  platform_.reset();
  connects_ = false;
  FakeSource next{2};
  machine_.use_source(&next, now_);
  next.begin(now_);
  next.video(0, real_avc_header());
  next.video(0, real_key_frame(200));
  machine_.source_woken(now_);
  run();
  pass(2s);
  next.stop(false);
  machine_.source_woken(now_);
  connects_ = true;
  pass(40s);  // the connect's deadline, and the wait behind it
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(of(MessageKind::kVideo).front().payload, real_key_frame(200));
}

TEST_F(HoldTest, a_session_lost_right_behind_a_takeover_was_not_called_again_before_the_first_key_frame) {
  machine_.set_policy({.hold_s = 5, .stop_grace_s = 10, .silent_audio = false}, now_);
  start_show(60);
  stop(false);
  pass(6s);  // a show that is over: what the ring holds is the past from now on
  begin();
  film(160);
  ASSERT_EQ(state(), StreamState::kLive);
  source_.begin(now_);
  machine_.source_woken(now_);
  machine_.closed_by_peer(now_);
  platform_.reset();
  pass(2s);
  EXPECT_EQ(connects(), 3U);
}

TEST_F(HoldTest, a_show_ended_while_the_source_was_sending_what_it_could_not_send) {
  machine_.set_policy({.hold_s = 8, .stop_grace_s = 10, .silent_audio = false}, now_);
  start_show(60);
  pass(7500ms);
  source_.at(now_);
  source_.video(60 * 40, real_frame(60));  // of the moment when it fell silent
  machine_.source_woken(now_);
  run();
  pass(1s);
  EXPECT_FALSE(platform_->goodbye);
  pass(3s);
  EXPECT_EQ(connects(), 1U);
}

TEST_F(HoldTest, a_source_that_was_back_for_a_moment_is_shown) {
  start_show(60);
  stop(false);
  pass(3s);
  stalled_ = true;
  pass(100ms);
  begin(9'000);
  film(10);
  stop(false);
  stalled_ = false;
  run();
  pass(1s);
  // Twice before the break, twice now.
  EXPECT_EQ(std::ranges::count(of(MessageKind::kAudio), audio_frame(9), &Platform::Message::payload), 4);
  EXPECT_EQ(state(), StreamState::kHolding);
  expect_lawful_time();
}

// ---- what a review has found --------------------------------------------------------------------------

TEST_F(HoldTest, a_source_of_sound_alone_was_held_with_nothing) {
  use_source();
  source_.begin(now_);
  source_.audio(0, real_aac_header());
  hear(100);
  ASSERT_EQ(state(), StreamState::kLive);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(4s);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_broken");
  EXPECT_NEAR(static_cast<double>(of(MessageKind::kAudio, live).size()), 4 * 46.875, 4);
  source_.begin(now_);
  source_.audio(0, real_aac_header());
  hear(50);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
}

TEST_F(HoldTest, the_picture_stood_still_for_a_publisher_that_is_heard_before_it_is_seen) {
  start_show(60);
  stop(false);
  pass(5s);
  source_.begin(now_);
  source_.audio(0, real_aac_header());
  const std::size_t heard = platform_->messages.size();
  hear(75);
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_NEAR(static_cast<double>(of(MessageKind::kVideo, heard).size()), 75, 2);
  source_.video(3'000, real_avc_header());
  first_ms_ = 3'000;
  frame_ = 0;
  film(30);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
}

TEST_F(HoldTest, the_show_of_a_publisher_without_pictures_was_ended_instead_of_begun) {
  start_show(60);
  stop(false);
  pass(5s);
  source_.begin(now_);
  source_.audio(0, real_aac_header());
  hear(100);
  EXPECT_EQ(connects(), 1U);
  auto* before = platform_.get();
  bool goodbye = false;
  for (int i = 0; i < 75; ++i) {
    if (platform_.get() == before) goodbye = before->goodbye;
    hear(1);
  }
  EXPECT_FALSE(goodbye);
  EXPECT_EQ(connects(), 2U);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_TRUE(of(MessageKind::kVideo).empty());
}

TEST_F(HoldTest, sound_that_comes_late_was_sent_behind_later_silence) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  use_source();
  begin_without_sound();
  film(50, false);
  source_.at(now_);
  source_.audio(0, real_aac_header());
  for (std::uint32_t ms = 1'800; ms < 2'000; ms += 20) source_.audio(ms, audio_frame(1));
  machine_.source_woken(now_);
  run();
  film(50);
  EXPECT_GT(std::ranges::count(of(MessageKind::kAudio), audio_frame(60), &Platform::Message::payload), 1);
  expect_lawful_time();
}

TEST_F(HoldTest, the_header_of_added_silence_was_stamped_with_the_beginning_of_the_session) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  use_source();
  begin_without_sound();
  film(50, false);
  const auto header = std::ranges::find(platform_->messages, silent_header(), &Platform::Message::payload);
  ASSERT_NE(header, platform_->messages.end());
  EXPECT_EQ(header->ms, kSoundPatienceMs);
}

TEST_F(HoldTest, a_picture_that_silence_goes_before_was_lost_when_the_stream_was_handed_over) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  use_source();
  begin_without_sound();
  film(49, false);
  hand_over();
  pass(80ms);
  source_.at(now_);
  source_.video(49 * 40, real_frame(49));
  source_.video(50 * 40, real_key_frame(50));
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(wishes_.back(), Wish::kExit);
  EXPECT_EQ(of(MessageKind::kVideo).back().payload, real_frame(49));
}

TEST_F(HoldTest, a_clip_without_sound_was_not_shown_where_silence_is_added) {
  const MadeClip made(real_avc_header(), {});
  machine_.use_clip(made.clip);
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  use_source();
  begin_without_sound();
  film(60, false);
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(5s);
  EXPECT_EQ(of(MessageKind::kVideo, live).front().payload, real_key_frame(kClipMark, 80));
  EXPECT_NEAR(static_cast<double>(of(MessageKind::kAudio, live).size()), 5 * 46.875, 4);
  begin_without_sound();
  film(30, false);
  EXPECT_EQ(connects(), 1U);
  expect_lawful_time();
}

TEST_F(HoldTest, a_source_that_sends_what_it_could_not_was_called_broken) {
  start_show(60);
  pass(6s);
  ASSERT_EQ(reason(), "source_silent");
  source_.at(now_);
  source_.video(60 * 40, real_frame(60));  // of the moment when it fell silent
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(state(), StreamState::kHolding);
  EXPECT_EQ(reason(), "source_silent");
}

TEST_F(HoldTest, another_sound_format_behind_the_first_key_frame_was_sent_in_the_old_session) {
  start_show(30);
  stop(false);
  pass(2s);
  begin_without_sound();
  film(5, false);
  ASSERT_EQ(connects(), 1U);
  source_.at(now_);
  source_.audio(200, other_aac_header());
  film(30);
  EXPECT_EQ(connects(), 2U);
  EXPECT_EQ(state(), StreamState::kLive);
}

TEST_F(HoldTest, a_ring_that_gives_no_entry_away_kept_the_relay_busy) {
  start_show(30);
  pass(3s);
  source_.begin(now_);
  headers();
  source_.video(0, real_key_frame(1));
  source_.refuse_entries(true);
  machine_.source_woken(now_);
  run();
  int turns = 0;
  const Instant until = now_ + 10s;
  for (auto due = machine_.deadline(); due && *due <= until && turns < 1'000; due = machine_.deadline()) {
    now_ = std::max(now_, *due);
    machine_.tick(now_);
    run();
    ++turns;
  }
  EXPECT_LT(turns, 1'000);
}

TEST_F(HoldTest, a_publisher_without_sound_who_follows_one_with_sound_was_given_no_silence) {
  machine_.set_policy({.hold_s = 60, .stop_grace_s = 10, .silent_audio = true}, now_);
  start_show(60);
  stop(false);
  pass(2s);
  begin_without_sound();
  film(75, false);
  EXPECT_EQ(connects(), 1U);
  EXPECT_NEAR(of(MessageKind::kAudio).back().ms, of(MessageKind::kVideo).back().ms, 40);
  EXPECT_EQ(std::ranges::count(platform_->received, silent_header()), 1);  // the source's own
  expect_lawful_time();
}

TEST_F(HoldTest, a_relay_that_hands_over_began_a_session_for_another_format) {
  start_show(30);
  hand_over();
  source_.begin(now_);
  headers(other_avc_header());
  source_.video(0, real_key_frame(1));
  machine_.source_woken(now_);
  run();
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(wishes_.back(), Wish::kExit);
  EXPECT_FALSE(platform_->goodbye);
}

TEST_F(HoldTest, one_mad_composition_time_moved_the_hold_hours_away) {
  start_show(60);
  Bytes mad = real_frame(60);
  mad[2] = 0x7F;  // shown 2.3 hours after it is decoded
  source_.at(now_);
  source_.video(60 * 40, mad);
  machine_.source_woken(now_);
  run();
  const std::size_t live = platform_->messages.size();
  stop(false);
  pass(10s);
  EXPECT_GT(of(MessageKind::kVideo, live).size(), 100U);
  begin();
  film(30);
  EXPECT_EQ(state(), StreamState::kLive);
  EXPECT_LT(of(MessageKind::kVideo).back().ms, 20'000U);
}

TEST_F(HoldTest, a_hold_lasted_for_ever_for_a_source_that_goes_on_without_a_key_frame) {
  start_show(60);
  pass(6s);
  ASSERT_EQ(state(), StreamState::kHolding);
  for (std::uint32_t i = 0; i < 25 * 58; ++i) trickle(i);
  EXPECT_FALSE(platform_->goodbye);
  for (std::uint32_t i = 25 * 58; i < 25 * 62; ++i) trickle(i);
  EXPECT_TRUE(platform_->goodbye);
  EXPECT_EQ(reason(), "hold_over");
}

}  // namespace
}  // namespace sluice::relay
