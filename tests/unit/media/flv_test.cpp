// FLV written and read back.
#include "media/flv.hpp"

#include <gtest/gtest.h>

#include "media/limits.hpp"

namespace sluice::media {
namespace {

struct Tag {
  MessageKind kind;
  std::uint32_t timestamp_ms;
  Bytes payload;
  bool operator==(const Tag&) const = default;
};

std::expected<std::vector<Tag>, FlvError> read(const Bytes& file, std::size_t piece) {
  FlvReader reader;
  std::vector<Tag> tags;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    reader.feed(ByteView(file).subspan(at, std::min(piece, file.size() - at)));
    for (;;) {
      const auto next = reader.next();
      if (!next) return std::unexpected(next.error());
      if (!*next) break;
      const MessageView& message = **next;
      tags.push_back(
          {message.kind, message.timestamp_ms, Bytes(message.payload.begin(), message.payload.end())});
    }
  }
  return tags;
}

TEST(Flv, what_is_written_is_read_back_however_it_is_cut) {
  const std::vector<Tag> tags = {{MessageKind::kVideo, 0, Bytes(70'000, 0x17)},
                                 {MessageKind::kAudio, 0x01020304, Bytes{0xAF, 1, 2}},
                                 {MessageKind::kData, 0xFFFFFFFF, Bytes{2, 0, 0}},
                                 {MessageKind::kAudio, 5, Bytes{}}};
  Bytes file;
  append_flv_header(file, true, true);
  EXPECT_EQ(file, (Bytes{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}));
  for (const Tag& tag : tags) append_flv_tag(file, {tag.kind, tag.timestamp_ms, tag.payload});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{4096}, file.size()}) {
    const auto back = read(file, piece);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, tags);
  }
}

TEST(Flv, tag_is_laid_out_as_the_format_says) {
  Bytes out;
  append_flv_tag(out, {MessageKind::kAudio, 0x01020304, Bytes{0xAA, 0xBB}});
  EXPECT_EQ(out, (Bytes{8, 0, 0, 2, 2, 3, 4, 1, 0, 0, 0, 0xAA, 0xBB, 0, 0, 0, 13}));
}

TEST(Flv, server_command_in_front_of_metadata_is_left_out) {
  using namespace std::literals;
  const auto wrapped = "\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData"sv;
  Bytes out;
  append_flv_tag(out, {MessageKind::kData, 0, as_bytes(wrapped)});
  EXPECT_EQ(out.size(), kFlvTagHeaderBytes + 13 + kFlvTagTrailerBytes);
  EXPECT_EQ(load_be24(out.data() + 1), 13U);
  EXPECT_EQ(load_be32(out.data() + out.size() - 4), 24U);
}

TEST(Flv, unknown_tags_are_skipped_and_encrypted_ones_refused) {
  Bytes file;
  append_flv_header(file, true, true);
  append(file, Bytes{15, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x77, 0, 0, 0, 12});
  append_flv_tag(file, {MessageKind::kAudio, 1, Bytes{1}});
  EXPECT_EQ(read(file, 100)->size(), 1U);
  file[13] = 0x28;
  EXPECT_EQ(read(file, 100).error(), FlvError::kEncrypted);
}

TEST(Flv, other_files_are_refused) {
  EXPECT_EQ(read(Bytes(20, 'x'), 20).error(), FlvError::kNotFlv);
  EXPECT_EQ(read(Bytes{'F', 'L', 'V', 1, 5, 0, 0, 0, 8, 0, 0, 0, 0}, 13).error(), FlvError::kNotFlv);
  EXPECT_EQ(read(Bytes{'F', 'L', 'V', 1, 5, 0xFF, 0, 0, 9, 0, 0, 0, 0}, 13).error(), FlvError::kNotFlv);
}

TEST(Flv, file_header_length_is_judged_at_its_edge) {
  const auto with_length = [](std::uint32_t length) {
    Bytes file{'F', 'L', 'V', 1, 5};
    append_be32(file, length);
    file.resize(length + 4);
    append_flv_tag(file, {MessageKind::kAudio, 1, Bytes{1}});
    return file;
  };
  EXPECT_EQ(read(with_length(kMaxFlvHeaderBytes), 4096)->size(), 1U);
  EXPECT_EQ(read(with_length(kMaxFlvHeaderBytes + 1), 4096).error(), FlvError::kNotFlv);
}

}  // namespace
}  // namespace sluice::media
