// Cutting a clip out of a source, message by message.
#include "ingest/clip_recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ingest/memory_clip_file.hpp"
#include "media/clip.hpp"
#include "media/limits.hpp"
#include "os/shared_memory.hpp"

namespace sluice::ingest {
namespace {

using media::MessageKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Bytes kVideoHeader{0x17, 0, 0, 0, 0, 1, 0x42, 0, 0x1E};
const Bytes kOtherVideoHeader{0x17, 0, 0, 0, 0, 1, 0x42, 0, 0x1F};
const Bytes kAudioHeader{0xAF, 0, 0x12, 0x10};

Bytes key_frame() {
  return {0x17, 1, 0, 0, 0, 0xAA};
}
Bytes frame() {
  return {0x27, 1, 0, 0, 0, 0xBB};
}
Bytes sound() {
  return {0xAF, 1, 0x21};
}

// A file that can be full.
class FakeFile final : public ClipFile {
 public:
  bool append(ByteView more) override {
    if (bytes.size() + more.size() > room) return false;
    sluice::append(bytes, more);
    return true;
  }
  bool overwrite(std::size_t at, ByteView with) override {
    if (overwrite_fails) return false;
    std::ranges::copy(with, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }
  Bytes bytes;
  std::size_t room = std::size_t{1} << 30U;
  bool overwrite_fails = false;
};

class ClipRecorderTest : public testing::Test {
 protected:
  void send(MessageKind kind, std::uint32_t at_ms, const Bytes& payload) {
    const media::MessageView message{kind, at_ms, payload};
    const media::Traits traits = media::inspect(message);
    headers_.take(message, traits);
    recorder_.add(message, traits, headers_, now_);
  }
  void video(std::uint32_t at_ms, const Bytes& payload) { send(MessageKind::kVideo, at_ms, payload); }
  void audio(std::uint32_t at_ms) { send(MessageKind::kAudio, at_ms, sound()); }
  void send_headers() {
    video(0, kVideoHeader);
    send(MessageKind::kAudio, 0, kAudioHeader);
  }
  // Pictures each 500 ms in [from, to), a key frame each 2 s counted from `from`, with sound beside them.
  void show(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t at = from; at < to; at += 500) {
      video(at, (at - from) % 2000 == 0 ? key_frame() : frame());
      audio(at + 10);
      audio(at + 260);
      now_ += milliseconds{500};
    }
  }
  std::string problem() const {
    return recorder_.result() ? std::string(recorder_.result()->problem) : "none";
  }
  std::expected<media::Clip, media::ClipError> clip() {
    return media::Clip::open(
        [this](std::uint64_t offset, std::span<std::uint8_t> out) {
          std::copy_n(file_.bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
          return true;
        },
        file_.bytes.size());
  }

  Instant now_{std::chrono::hours{1}};
  media::SequenceHeaders headers_;
  FakeFile file_;
  ClipRecorder recorder_{file_, seconds{5}, now_};
};

TEST_F(ClipRecorderTest, a_clip_goes_from_the_next_key_frame_to_the_first_one_behind_the_wanted_time) {
  send_headers();
  video(100, frame());
  audio(110);
  EXPECT_EQ(recorder_.recorded(), milliseconds{0});
  show(1000, 6500);
  EXPECT_EQ(recorder_.recorded(), seconds{5});
  EXPECT_EQ(problem(), "none");
  show(7000, 7500);
  ASSERT_EQ(problem(), "");
  EXPECT_EQ(recorder_.result()->duration_ms, 6000U);
  EXPECT_EQ(recorder_.result()->headers, headers_.fingerprint());

  const auto made = clip();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->duration_ms(), 6000U);
  EXPECT_EQ(made->headers().video(), kVideoHeader);
  EXPECT_EQ(made->headers().audio(), kAudioHeader);
  const auto pictures = std::ranges::count(made->frames(), MessageKind::kVideo, &media::ClipFrame::kind);
  EXPECT_EQ(pictures, 11) << "from 0 to 5000";
  EXPECT_EQ(made->frames().back().timestamp_ms, 5260U);
}

TEST_F(ClipRecorderTest, sound_that_is_ahead_of_its_picture_is_put_in_its_place_and_cut_with_the_picture) {
  send_headers();
  video(0, key_frame());
  audio(400);  // arrives before the picture at 300
  video(300, frame());
  video(4000, frame());
  audio(4990);
  audio(5000);
  audio(5010);
  video(5000, key_frame());
  ASSERT_EQ(problem(), "");
  const auto made = clip();
  ASSERT_TRUE(made);
  std::vector<std::uint32_t> times;
  for (const auto& one : made->frames()) times.push_back(one.timestamp_ms);
  EXPECT_EQ(times, (std::vector<std::uint32_t>{0, 300, 400, 4000, 4990}));
}

TEST_F(ClipRecorderTest, sound_of_before_the_first_picture_is_left_out) {
  send_headers();
  video(1000, key_frame());
  audio(990);
  audio(1005);
  video(6000, key_frame());
  const auto made = clip();
  ASSERT_TRUE(made);
  ASSERT_EQ(made->frames().size(), 2U);
  EXPECT_EQ(made->frames()[1].timestamp_ms, 5U);
}

TEST_F(ClipRecorderTest, a_clock_that_wraps_is_no_break) {
  send_headers();
  video(0xFFFFFC18, key_frame());
  video(1000, frame());
  video(4000, key_frame());
  ASSERT_EQ(problem(), "");
  EXPECT_EQ(recorder_.result()->duration_ms, 5000U);
}

TEST_F(ClipRecorderTest, metadata_ends_of_sequence_and_repeated_headers_are_left_out) {
  send_headers();
  video(0, key_frame());
  send_headers();
  video(100, Bytes{0x17, 2, 0, 0, 0});
  send(MessageKind::kData, 100, Bytes{2, 0, 1, 'x'});
  audio(100);
  send(MessageKind::kAudio, 110, Bytes{});
  video(5000, key_frame());
  ASSERT_EQ(problem(), "");
  EXPECT_EQ(clip()->frames().size(), 2U);
}

TEST_F(ClipRecorderTest, without_a_closing_key_frame_it_gives_up_after_fifteen_seconds_more) {
  send_headers();
  video(0, key_frame());
  for (std::uint32_t at = 1000; at <= 20000; at += 1000) video(at, frame());
  EXPECT_EQ(problem(), "none");
  video(20001, frame());
  EXPECT_EQ(problem(), "clip_no_key_frame");
}

TEST_F(ClipRecorderTest, a_clock_that_stands_still_is_given_up_too) {
  send_headers();
  video(0, key_frame());
  now_ += seconds{20} - milliseconds{1};
  video(0, frame());
  EXPECT_EQ(problem(), "none");
  now_ += milliseconds{1};
  video(0, frame());
  EXPECT_EQ(problem(), "clip_no_key_frame");
}

TEST_F(ClipRecorderTest, a_source_without_key_frames_is_given_up_after_fifteen_seconds) {
  send_headers();
  now_ += seconds{15} - milliseconds{1};
  audio(0);
  EXPECT_EQ(problem(), "none");
  now_ += milliseconds{1};
  audio(20);
  EXPECT_EQ(problem(), "clip_no_key_frame");
  EXPECT_TRUE(file_.bytes.empty());
}

TEST_F(ClipRecorderTest, other_sequence_headers_interrupt_it) {
  send_headers();
  show(0, 3000);
  video(3000, kOtherVideoHeader);
  EXPECT_EQ(problem(), "clip_interrupted");
}

TEST_F(ClipRecorderTest, other_sequence_headers_before_the_first_key_frame_are_the_clips) {
  send_headers();
  video(0, kOtherVideoHeader);
  show(0, 7000);
  ASSERT_EQ(problem(), "");
  EXPECT_EQ(clip()->headers().video(), kOtherVideoHeader);
}

TEST_F(ClipRecorderTest, a_publisher_that_leaves_interrupts_it_once) {
  send_headers();
  show(0, 3000);
  recorder_.interrupt();
  EXPECT_EQ(problem(), "clip_interrupted");
  const std::size_t bytes = file_.bytes.size();
  show(3000, 9000);
  EXPECT_EQ(problem(), "clip_interrupted");
  EXPECT_EQ(file_.bytes.size(), bytes) << "nothing is taken any more";
}

TEST_F(ClipRecorderTest, a_whole_clip_cannot_be_interrupted) {
  send_headers();
  show(0, 7000);
  recorder_.interrupt();
  EXPECT_EQ(problem(), "");
}

TEST_F(ClipRecorderTest, a_clock_that_goes_back_interrupts_it) {
  for (const MessageKind kind : {MessageKind::kVideo, MessageKind::kAudio}) {
    FakeFile file;
    ClipRecorder recorder(file, seconds{5}, now_);
    const auto add = [&](MessageKind what, std::uint32_t at, const Bytes& payload) {
      const media::MessageView message{what, at, payload};
      recorder.add(message, media::inspect(message), headers_, now_);
    };
    send_headers();
    add(MessageKind::kVideo, 1000, key_frame());
    add(kind, 2000, kind == MessageKind::kVideo ? frame() : sound());
    EXPECT_FALSE(recorder.result());
    add(kind, 1999, kind == MessageKind::kVideo ? frame() : sound());
    ASSERT_TRUE(recorder.result());
    EXPECT_EQ(recorder.result()->problem, "clip_interrupted");
  }
}

TEST_F(ClipRecorderTest, more_than_64_mib_are_too_large_whether_written_or_waiting) {
  send_headers();
  video(0, key_frame());
  Bytes large(media::kMaxClipBytes / 8, 0xBB);
  std::ranges::copy(frame(), large.begin());
  for (int i = 0; i < 7; ++i) video(static_cast<std::uint32_t>(i + 1), large);
  EXPECT_EQ(problem(), "none");
  std::ranges::copy(sound(), large.begin());
  send(MessageKind::kAudio, 100, large);
  EXPECT_EQ(problem(), "clip_too_large");
  EXPECT_LE(file_.bytes.size(), media::kMaxClipBytes);
}

TEST_F(ClipRecorderTest, too_many_frames_are_too_large) {
  send_headers();
  video(0, key_frame());
  for (std::size_t i = 1; i < media::kMaxClipFrames; ++i) i % 2 == 0 ? audio(0) : video(0, frame());
  EXPECT_EQ(problem(), "none");
  audio(0);
  EXPECT_EQ(problem(), "clip_too_large");
}

TEST_F(ClipRecorderTest, a_file_that_takes_no_more_is_too_large) {
  send_headers();
  file_.room = 400;
  show(0, 7000);
  EXPECT_EQ(problem(), "clip_too_large");
}

TEST_F(ClipRecorderTest, a_length_that_cannot_be_written_is_no_clip) {
  send_headers();
  file_.overwrite_fails = true;
  show(0, 7000);
  EXPECT_EQ(problem(), "clip_too_large");
}

TEST(MemoryClipFile, what_was_written_can_be_read_and_not_changed) {
  MemoryClipFile file;
  EXPECT_TRUE(file.append(Bytes{1, 2, 3}));
  EXPECT_TRUE(file.append(Bytes{4}));
  EXPECT_TRUE(file.overwrite(1, Bytes{9, 8}));
  const UniqueFd fd = file.finish();
  ASSERT_TRUE(fd);
  Bytes back(4);
  EXPECT_FALSE(os::read_at(fd.get(), 0, back));
  EXPECT_EQ(back, (Bytes{1, 9, 8, 4}));
  EXPECT_TRUE(os::content_is_sealed(fd.get()));
  EXPECT_EQ(os::shared_memory_size(fd.get()), 4U);
}

}  // namespace
}  // namespace sluice::ingest
