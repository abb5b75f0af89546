// Clips written and read back, and files that are none.
#include "media/clip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "media/flv.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

const Bytes kVideoHeader{0x17, 0, 0, 0, 0, 1, 0x42, 0, 0x1E};
const Bytes kAudioHeader{0xAF, 0, 0x12, 0x10};
const Bytes kKeyFrame{0x17, 1, 0, 0, 0, 0xAA};
const Bytes kFrame{0x27, 1, 0, 0, 0, 0xBB, 0xCC};
const Bytes kSound{0xAF, 1, 0x21};

SequenceHeaders headers(bool sound = true) {
  SequenceHeaders headers;
  const auto take = [&](MessageKind kind, const Bytes& payload) {
    const MessageView message{kind, 0, payload};
    headers.take(message, inspect(message));
  };
  take(MessageKind::kVideo, kVideoHeader);
  if (sound) take(MessageKind::kAudio, kAudioHeader);
  return headers;
}

void add(Bytes& file, MessageKind kind, std::uint32_t timestamp_ms, const Bytes& payload) {
  append_flv_tag(file, {kind, timestamp_ms, payload});
}

void finish(Bytes& file, ByteView duration) {
  std::ranges::copy(duration, file.begin() + kClipDurationAt);
}

// Two seconds: a key frame, a frame, a piece of sound.
Bytes whole_file() {
  Bytes file = clip_head(headers());
  add(file, MessageKind::kVideo, 0, kKeyFrame);
  add(file, MessageKind::kAudio, 20, kSound);
  add(file, MessageKind::kVideo, 1000, kFrame);
  finish(file, clip_duration(2000));
  return file;
}

Clip::ReadAt reader_of(const Bytes& file) {
  return [&file](std::uint64_t offset, std::span<std::uint8_t> out) {
    EXPECT_LE(offset + out.size(), file.size()) << "read outside the file";
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return true;
  };
}

std::expected<Clip, ClipError> open(const Bytes& file) {
  return Clip::open(reader_of(file), file.size());
}
// The error, or nothing when it was taken.
std::optional<ClipError> refusal(const Bytes& file) {
  const auto clip = open(file);
  return clip ? std::nullopt : std::optional(clip.error());
}

// A file of these frames, two seconds long.
struct Frame {
  MessageKind kind;
  std::uint32_t timestamp_ms;
  Bytes payload;
};
Bytes file_of(const std::vector<Frame>& frames) {
  Bytes file = clip_head(headers());
  for (const Frame& frame : frames) add(file, frame.kind, frame.timestamp_ms, frame.payload);
  finish(file, clip_duration(2000));
  return file;
}

TEST(Clip, what_is_written_is_read_back) {
  const Bytes file = whole_file();
  const auto clip = open(file);
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->duration_ms(), 2000U);
  EXPECT_EQ(clip->headers().video(), kVideoHeader);
  EXPECT_EQ(clip->headers().audio(), kAudioHeader);
  EXPECT_EQ(clip->headers().fingerprint(), headers().fingerprint());
  ASSERT_EQ(clip->frames().size(), 3U);
  EXPECT_EQ(clip->frames()[0].kind, MessageKind::kVideo);
  EXPECT_EQ(clip->frames()[1].kind, MessageKind::kAudio);
  EXPECT_EQ(clip->frames()[1].timestamp_ms, 20U);
  EXPECT_EQ(clip->frames()[2].timestamp_ms, 1000U);
  Bytes payload;
  EXPECT_TRUE(clip->read(0, payload));
  EXPECT_EQ(payload, kKeyFrame);
  EXPECT_TRUE(clip->read(2, payload));
  EXPECT_EQ(payload, kFrame);
}

TEST(Clip, its_beginning_is_laid_out_as_the_document_says) {
  const Bytes file = whole_file();
  EXPECT_EQ(as_text(ByteView(file).first(3)), "FLV");
  EXPECT_EQ(file[4], 5);
  EXPECT_EQ(file[13], 18) << "the script tag";
  EXPECT_EQ(std::bit_cast<double>(load_be64(file.data() + 53)), 2.0);
  EXPECT_EQ(file[68], 9) << "the video's sequence header";
}

TEST(Clip, a_source_without_sound_has_a_clip_without_sound) {
  Bytes file = clip_head(headers(false));
  add(file, MessageKind::kVideo, 0, kKeyFrame);
  finish(file, clip_duration(5000));
  const auto clip = open(file);
  ASSERT_TRUE(clip);
  EXPECT_EQ(file[4], 1);
  EXPECT_TRUE(clip->headers().audio().empty());
}

TEST(Clip, a_file_that_was_never_finished_is_refused) {
  Bytes file = whole_file();
  finish(file, clip_duration(0));
  EXPECT_EQ(refusal(file), ClipError::kNotAClip);
}

TEST(Clip, a_duration_that_is_none_is_refused) {
  for (const double seconds : {-1.0, std::numeric_limits<double>::quiet_NaN(), -0.0}) {
    Bytes file = whole_file();
    Bytes duration;
    append_be64(duration, std::bit_cast<std::uint64_t>(seconds));
    finish(file, duration);
    EXPECT_EQ(refusal(file), ClipError::kNotAClip) << seconds;
  }
  for (const double seconds : {30.001, 1e300, std::numeric_limits<double>::infinity()}) {
    Bytes file = whole_file();
    Bytes duration;
    append_be64(duration, std::bit_cast<std::uint64_t>(seconds));
    finish(file, duration);
    EXPECT_EQ(refusal(file), ClipError::kTooLarge) << seconds;
  }
  Bytes longest = whole_file();
  finish(longest, clip_duration(kMaxClipMs));
  EXPECT_EQ(refusal(longest), std::nullopt);
}

TEST(Clip, a_file_cut_anywhere_but_behind_a_frame_is_refused) {
  const Bytes file = whole_file();
  Bytes head = clip_head(headers());
  std::vector<std::size_t> ends;
  add(head, MessageKind::kVideo, 0, kKeyFrame);
  ends.push_back(head.size());
  add(head, MessageKind::kAudio, 20, kSound);
  ends.push_back(head.size());
  for (std::size_t size = 0; size < file.size(); ++size) {
    const bool between = std::ranges::find(ends, size) != ends.end();
    EXPECT_EQ(open(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))).has_value(),
              between)
        << size;
  }
}

TEST(Clip, a_wrong_byte_in_a_header_or_trailer_is_refused) {
  const Bytes file = whole_file();
  const auto clip = open(file);
  ASSERT_TRUE(clip);
  const ClipFrame last = clip->frames()[2];
  // Everything before the duration, and the last tag's type, length, stream and trailer.
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < kClipDurationAt; ++at) places.push_back(at);
  for (const std::size_t at : {0U, 1U, 2U, 3U, 8U, 9U, 10U})
    places.push_back(last.offset - kFlvTagHeaderBytes + at);
  for (std::size_t at = last.offset + last.size; at < file.size(); ++at) places.push_back(at);
  for (const std::size_t at : places) {
    Bytes wrong = file;
    wrong[at] ^= 0x40U;
    EXPECT_TRUE(refusal(wrong)) << at;
  }
}

TEST(Clip, it_begins_with_a_key_frame_at_zero) {
  EXPECT_EQ(refusal(file_of({{MessageKind::kVideo, 0, kFrame}})), ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({{MessageKind::kVideo, 1, kKeyFrame}})), ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({{MessageKind::kAudio, 0, kSound}, {MessageKind::kVideo, 0, kKeyFrame}})),
            ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({})), ClipError::kDamaged);
}

TEST(Clip, times_of_one_kind_never_go_back_and_stay_below_the_duration) {
  const Frame begin{MessageKind::kVideo, 0, kKeyFrame};
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 40, kFrame}, {MessageKind::kVideo, 39, kFrame}})),
            ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 40, kFrame}, {MessageKind::kVideo, 40, kFrame}})),
            std::nullopt);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 40, kFrame}, {MessageKind::kAudio, 39, kSound}})),
            std::nullopt);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 1999, kFrame}})), std::nullopt);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 2000, kFrame}})), ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kAudio, 0xFFFFFFFF, kSound}})), ClipError::kDamaged);
}

TEST(Clip, what_does_not_belong_into_it_is_refused) {
  const Frame begin{MessageKind::kVideo, 0, kKeyFrame};
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 40, kVideoHeader}})), ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({{MessageKind::kVideo, 0, kVideoHeader}, begin})), ClipError::kDamaged)
      << "a second sequence header";
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kVideo, 40, Bytes{0x17, 2, 0, 0, 0}}})),
            ClipError::kDamaged)
      << "an end of sequence";
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kData, 40, Bytes{2, 0, 0}}})), ClipError::kDamaged);
  EXPECT_EQ(refusal(file_of({begin, {MessageKind::kAudio, 40, Bytes{}}})), ClipError::kDamaged);
}

TEST(Clip, frames_without_a_video_header_are_refused) {
  Bytes file = clip_head(headers(false));
  file.resize(file.size() - (kFlvTagHeaderBytes + kVideoHeader.size() + kFlvTagTrailerBytes));
  add(file, MessageKind::kVideo, 0, kKeyFrame);
  finish(file, clip_duration(2000));
  EXPECT_EQ(refusal(file), ClipError::kDamaged);
}

TEST(Clip, too_many_frames_are_refused_and_as_many_as_allowed_are_taken) {
  std::vector<Frame> frames(kMaxClipFrames, {MessageKind::kAudio, 0, kSound});
  frames[0] = {MessageKind::kVideo, 0, kKeyFrame};
  EXPECT_EQ(refusal(file_of(frames)), std::nullopt);
  frames.push_back({MessageKind::kAudio, 0, kSound});
  EXPECT_EQ(refusal(file_of(frames)), ClipError::kTooLarge);
}

TEST(Clip, too_large_a_header_or_file_is_refused_before_memory_is_taken) {
  Bytes file = clip_head(headers(false));
  Bytes header = kAudioHeader;
  header.resize(kMaxSequenceHeaderBytes + 1);
  add(file, MessageKind::kAudio, 0, header);
  finish(file, clip_duration(2000));
  EXPECT_EQ(refusal(file), ClipError::kTooLarge);

  const auto never = [](std::uint64_t, std::span<std::uint8_t>) {
    ADD_FAILURE() << "read";
    return false;
  };
  EXPECT_EQ(Clip::open(never, kMaxClipBytes + 1).error(), ClipError::kTooLarge);
}

TEST(Clip, a_disk_that_fails_is_told_whenever_it_does) {
  const Bytes file = whole_file();
  int good = 0;
  const auto failing_after = [&](int reads) {
    return [&file, reads, count = 0](std::uint64_t offset, std::span<std::uint8_t> out) mutable {
      return count++ < reads && reader_of(file)(offset, out);
    };
  };
  while (!Clip::open(failing_after(good), file.size())) {
    EXPECT_EQ(Clip::open(failing_after(good), file.size()).error(), ClipError::kUnreadable) << good;
    ASSERT_LT(++good, 100);
  }
  const auto clip = Clip::open(failing_after(good), file.size());
  Bytes payload;
  EXPECT_FALSE(clip->read(0, payload));
}

TEST(SequenceHeaders, the_fingerprint_tells_headers_apart_and_ignores_repeats) {
  SequenceHeaders one;
  EXPECT_EQ(one.fingerprint(), "");
  const MessageView video{MessageKind::kVideo, 0, kVideoHeader};
  EXPECT_TRUE(one.take(video, inspect(video)));
  EXPECT_FALSE(one.take(video, inspect(video)));
  EXPECT_EQ(one.fingerprint().size(), 16U);
  EXPECT_NE(one.fingerprint(), headers().fingerprint());
  Bytes other = kVideoHeader;
  other.back() ^= 1U;
  const MessageView changed{MessageKind::kVideo, 0, other};
  const std::string before = one.fingerprint();
  EXPECT_TRUE(one.take(changed, inspect(changed)));
  EXPECT_NE(one.fingerprint(), before);
}

TEST(SequenceHeaders, frames_and_huge_headers_are_not_kept) {
  SequenceHeaders one;
  const MessageView frame{MessageKind::kVideo, 0, kKeyFrame};
  EXPECT_FALSE(one.take(frame, inspect(frame)));
  Bytes huge = kVideoHeader;
  huge.resize(kMaxSequenceHeaderBytes);
  const MessageView largest{MessageKind::kVideo, 0, huge};
  EXPECT_TRUE(one.take(largest, inspect(largest)));
  huge.push_back(0);
  const MessageView larger{MessageKind::kVideo, 0, huge};
  EXPECT_FALSE(one.take(larger, inspect(larger)));
}

}  // namespace
}  // namespace sluice::media
