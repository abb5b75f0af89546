// The chunk stream in both directions.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "wire.hpp"

namespace sluice::rtmp::test {
namespace {

struct Sink final : MessageSink {
  std::expected<void, ProtocolError> on_message(const IncomingMessage& m) override {
    lines.push_back(fmt::format("{} at {} on {} hash {:x}/{}", m.type, m.timestamp_ms, m.stream_id,
                                hash_of(m.payload), m.payload.size()));
    payloads.emplace_back(m.payload.begin(), m.payload.end());
    times.push_back(m.timestamp_ms);
    return {};
  }
  std::vector<std::string> lines;
  std::vector<Bytes> payloads;
  std::vector<std::uint32_t> times;
};

// Reads whole, cut at every byte and byte by byte; returns what the whole run brought.
std::expected<Sink, ProtocolError> read(const Bytes& bytes) {
  const ByteView view(bytes);
  const auto run = [&](std::size_t first, std::size_t piece) -> std::expected<Sink, ProtocolError> {
    ChunkReader reader;
    reader.allow_media();
    Sink sink;
    std::size_t at = 0;
    for (std::size_t next = first; at < view.size(); next = piece) {
      const std::size_t count = std::min(next, view.size() - at);
      const auto used = reader.feed(view.subspan(at, count), sink);
      if (!used) return std::unexpected(used.error());
      at += count;
    }
    return sink;
  };
  auto whole = run(std::max<std::size_t>(bytes.size(), 1), 1);
  const auto same = [&](const auto& other) {
    ASSERT_EQ(other.has_value(), whole.has_value());
    if (whole) {
      EXPECT_EQ(other->lines, whole->lines);
    }
  };
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) same(run(cut, bytes.size()));
  same(run(1, 1));
  return whole;
}

Bytes raw(std::initializer_list<int> bytes) {
  return Wire().raw(bytes).bytes();
}

TEST(ChunkReader, all_three_header_widths_name_different_streams) {
  Wire wire;
  wire.raw({0x04, 0, 0, 1, 0, 0, 1, 9, 1, 0, 0, 0, 0xA1});
  wire.raw({0x00, 0, 0, 0, 2, 0, 0, 1, 9, 1, 0, 0, 0, 0xA2});           // 64
  wire.raw({0x01, 0x00, 0x01, 0, 0, 3, 0, 0, 1, 9, 1, 0, 0, 0, 0xA3});  // 320
  wire.raw({0x80, 0, 0, 0, 5, 0xA4});                                   // type 2 on 64
  wire.raw({0x81, 0x00, 0x01, 0, 0, 5, 0xA5});                          // type 2 on 320
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, (std::vector<std::uint32_t>{1, 2, 3, 7, 8}));
}

TEST(ChunkReader, type_three_starts_a_message_with_the_last_delta) {
  Wire wire;
  wire.raw({0x04, 0, 0, 10, 0, 0, 1, 8, 1, 0, 0, 0, 0xA1});
  wire.raw({0x44, 0, 0, 21, 0, 0, 1, 8, 0xA2});
  wire.raw({0xC4, 0xA3});
  wire.raw({0xC4, 0xA4});
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, (std::vector<std::uint32_t>{10, 31, 52, 73}));
}

TEST(ChunkReader, type_three_after_type_zero_adds_its_timestamp_as_the_specification_says) {
  const auto sink = read(raw({0x04, 0, 0, 10, 0, 0, 1, 8, 1, 0, 0, 0, 0xA1, 0xC4, 0xA2}));
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, (std::vector<std::uint32_t>{10, 20}));
}

TEST(ChunkReader, type_one_on_a_fresh_stream_counts_from_zero) {
  const auto sink = read(raw({0x42, 0, 0, 5, 0, 0, 1, 9, 0xA1}));
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, std::vector<std::uint32_t>{5});
}

TEST(ChunkReader, compressed_headers_on_a_fresh_stream_are_refused) {
  EXPECT_EQ(read(raw({0x84, 0, 0, 5, 1})).error(), ProtocolError::kFreshCompressedHeader);
  EXPECT_EQ(read(raw({0xC4, 1})).error(), ProtocolError::kFreshCompressedHeader);
}

TEST(ChunkReader, new_header_inside_a_message_is_refused_whatever_its_length) {
  const Bytes half = Wire().raw({0x04, 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0}).raw(filled(128)).bytes();
  for (const int length : {255, 256, 257, 0, 0xFFFFFF}) {
    const auto with = [&](int format) {
      return Wire()
          .raw(half)
          .raw({format | 4, 0, 0, 0, length >> 16, length >> 8 & 255, length & 255, 9, 1, 0, 0, 0, 0})
          .bytes();
    };
    for (const int format : {0x00, 0x40, 0x80}) {
      EXPECT_EQ(read(with(format)).error(), ProtocolError::kHeaderInsideMessage);
    }
  }
}

TEST(ChunkReader, interleaved_messages_are_put_together) {
  const Bytes a = filled(300, 1);
  const Bytes b = filled(200, 2);
  Wire wire;
  wire.raw({0x04, 0, 0, 1, 0, 1, 44, 9, 1, 0, 0, 0}).raw(ByteView(a).first(128));
  wire.raw({0x05, 0, 0, 2, 0, 0, 200, 8, 1, 0, 0, 0}).raw(ByteView(b).first(128));
  wire.raw({0xC4}).raw(ByteView(a).subspan(128, 128));
  wire.raw({0xC5}).raw(ByteView(b).subspan(128));
  wire.raw({0xC4}).raw(ByteView(a).subspan(256));
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->payloads, (std::vector<Bytes>{b, a}));
}

TEST(ChunkReader, chunk_size_changes_between_chunks_of_a_half_read_message) {
  const Bytes a = filled(300, 1);
  Wire wire;
  wire.raw({0x04, 0, 0, 1, 0, 1, 44, 9, 1, 0, 0, 0}).raw(ByteView(a).first(128));
  wire.raw({0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 10});  // down to 10
  wire.raw({0xC4}).raw(ByteView(a).subspan(128, 10));
  wire.raw({0xC2, 0x7F, 0xFF, 0xFF, 0xFF});  // up to the largest there is
  wire.raw({0xC4}).raw(ByteView(a).subspan(138));
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->payloads, std::vector<Bytes>{a});
}

TEST(ChunkReader, chunk_sizes_are_judged_at_their_edges) {
  const auto with = [](std::uint32_t size) {
    return read(raw({0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, static_cast<int>(size >> 24),
                     static_cast<int>(size >> 16 & 255), static_cast<int>(size >> 8 & 255),
                     static_cast<int>(size & 255)}));
  };
  for (const std::uint32_t good : {1U, 127U, 128U, 0xFFFFFFU, 0x1000000U, 0x7FFFFFFFU})
    EXPECT_TRUE(with(good)) << good;
  for (const std::uint32_t bad : {0U, 0x80000000U, 0xFFFFFFFFU}) {
    EXPECT_EQ(with(bad).error(), ProtocolError::kBadChunkSize) << bad;
  }
  EXPECT_EQ(read(raw({0x02, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1})).error(),
            ProtocolError::kBadControlMessage);
}

TEST(ChunkReader, abort_drops_the_half_read_message_and_ignores_unknown_streams) {
  Wire wire;
  wire.raw({0x04, 0, 0, 1, 0, 1, 44, 9, 1, 0, 0, 0}).raw(filled(128));
  wire.raw({0x02, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 4});
  wire.raw({0xC2, 0, 0, 0, 99});
  wire.raw({0x04, 0, 0, 7, 0, 0, 1, 9, 1, 0, 0, 0, 0xA1});
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, std::vector<std::uint32_t>{7});
}

// One message of 300 bytes in three chunks with an extended timestamp, repeated in continuations or not.
Bytes extended_message(int format, std::uint32_t time, bool repeated, const Bytes& payload) {
  Wire wire;
  const auto put_time = [&] {
    wire.raw({static_cast<int>(time >> 24), static_cast<int>(time >> 16 & 255),
              static_cast<int>(time >> 8 & 255), static_cast<int>(time & 255)});
  };
  wire.raw({format | 4, 255, 255, 255, 0, 1, 44, 9});
  if (format == 0) wire.raw({1, 0, 0, 0});
  put_time();
  wire.raw(ByteView(payload).first(128)).raw({0xC4});
  if (repeated) put_time();
  wire.raw(ByteView(payload).subspan(128, 128)).raw({0xC4});
  if (repeated) put_time();
  return wire.raw(ByteView(payload).subspan(256)).bytes();
}

TEST(ChunkReader, extended_timestamps_are_read_whether_continuations_repeat_them_or_not) {
  for (const bool repeated : {true, false}) {
    for (const std::uint32_t time : {0xFFFFFFU, 0x1000000U, 0xFFFFFFFFU}) {
      const Bytes payload = filled(300, 5);
      const auto sink = read(extended_message(0, time, repeated, payload));
      ASSERT_TRUE(sink);
      EXPECT_EQ(sink->payloads, std::vector<Bytes>{payload});
      EXPECT_EQ(sink->times, std::vector<std::uint32_t>{time});
    }
  }
}

TEST(ChunkReader, payload_that_begins_like_the_extended_timestamp_is_kept_when_it_then_differs) {
  Bytes payload = filled(300, 5);
  payload[128] = 0x01;  // the first three bytes of the time, then another
  payload[129] = 0x02;
  payload[130] = 0x03;
  payload[131] = 0x77;
  payload[256] = 0x01;
  const auto sink = read(extended_message(0, 0x01020304, false, payload));
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->payloads, std::vector<Bytes>{payload});
}

TEST(ChunkReader, last_byte_of_a_message_that_looks_like_a_timestamp_is_delivered_with_what_follows) {
  // 129 bytes, no repetition, and the one byte of the second chunk equals the time's first byte: the reader
  // may wait for more, but must neither lose nor misplace anything.
  Bytes payload = filled(129, 5);
  payload[128] = 0x01;
  Wire wire;
  wire.raw({4, 255, 255, 255, 0, 0, 129, 9, 1, 0, 0, 0, 1, 2, 3, 4}).raw(ByteView(payload).first(128));
  wire.raw({0xC4, 0x01});
  wire.raw({0x05, 0, 0, 7, 0, 0, 1, 9, 1, 0, 0, 0, 0xA1});
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->payloads, (std::vector<Bytes>{payload, Bytes{0xA1}}));
}

TEST(ChunkReader, extended_delta_is_added_and_time_wraps_at_32_bits) {
  Wire wire;
  wire.raw({0x04, 255, 255, 255, 0, 0, 1, 8, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xF0, 0xA1});
  wire.raw({0x44, 0, 0, 0x20, 0, 0, 1, 8, 0xA2});
  wire.raw({0x84, 255, 255, 255, 1, 0, 0, 0, 0xA3});
  const auto sink = read(wire.bytes());
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->times, (std::vector<std::uint32_t>{0xFFFFFFF0, 0x10, 0x1000010}));
}

TEST(ChunkReader, message_without_payload_is_delivered) {
  const auto sink = read(raw({0x04, 0, 0, 1, 0, 0, 0, 8, 1, 0, 0, 0}));
  ASSERT_TRUE(sink);
  EXPECT_EQ(sink->payloads, std::vector<Bytes>{Bytes{}});
}

TEST(ChunkReader, sixty_four_chunk_streams_are_taken_and_no_more) {
  Wire wire;
  for (int i = 0; i < 64; ++i) wire.raw({0x00, i, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 7});
  EXPECT_TRUE(read(wire.bytes()));
  wire.raw({0x00, 64, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 7});
  EXPECT_EQ(read(wire.bytes()).error(), ProtocolError::kTooManyChunkStreams);
}

TEST(ChunkWriter, writes_what_the_reader_reads_at_every_chunk_size) {
  for (const std::uint32_t chunk : {1U, 127U, 128U, 4096U, kMaxChunkBytes}) {
    OutputBuffer out;
    ChunkWriter writer;
    writer.set_chunk_size(out, chunk);
    const Bytes big = filled(9000);
    for (const std::uint32_t time : {0U, 33U, 20U, 0xFFFFFEU, 0xFFFFFFU, 0x2000000U, 0xFFFFFFFFU, 5U}) {
      writer.write(out, {6, kVideo, time, 1, big});
      writer.write(out, {4, kAudio, time, 1, Bytes{}});
    }
    ChunkReader reader;
    Sink sink;
    ASSERT_TRUE(reader.feed(out.view(), sink));
    EXPECT_EQ(sink.times,
              (std::vector<std::uint32_t>{0, 0, 33, 33, 20, 20, 0xFFFFFE, 0xFFFFFE, 0xFFFFFF, 0xFFFFFF,
                                          0x2000000, 0x2000000, 0xFFFFFFFF, 0xFFFFFFFF, 5, 5}));
    for (std::size_t i = 0; i < sink.payloads.size(); i += 2) EXPECT_EQ(sink.payloads[i], big);
  }
}

TEST(ChunkWriter, starts_messages_with_full_or_relative_headers_only) {
  const auto formats = [](const std::vector<std::pair<std::uint32_t, std::uint32_t>>& messages) {
    std::vector<int> result;
    ChunkWriter writer;
    for (const auto& [time, stream] : messages) {
      OutputBuffer out;
      writer.write(out, {6, kVideo, time, stream, Bytes{1}});
      result.push_back(out.view()[0] >> 6);
    }
    return result;
  };
  EXPECT_EQ(formats({{0, 1}, {33, 1}, {33, 1}, {33, 1}}), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(formats({{50, 1}, {49, 1}, {60, 2}, {60 + 0xFFFFFE, 2}}), (std::vector<int>{0, 0, 0, 1}));
  EXPECT_EQ(formats({{0, 1}, {0xFFFFFF, 1}}), (std::vector<int>{0, 0}));
}

TEST(ChunkWriter, continuations_repeat_the_extended_timestamp) {
  OutputBuffer out;
  ChunkWriter writer;
  const Bytes payload = filled(130);
  writer.write(out, {6, kVideo, 0x01020304, 1, payload});
  const ByteView wire = out.view();
  ASSERT_EQ(wire.size(), 12U + 4 + 128 + 1 + 4 + 2);
  EXPECT_EQ(wire[144], 0xC6);
  EXPECT_EQ(load_be32(wire.data() + 145), 0x01020304U);
}

TEST(OutputBuffer, gives_back_in_order_what_was_appended_and_taken_in_any_steps) {
  OutputBuffer out;
  Bytes expected;
  Bytes got;
  for (std::size_t i = 0; i < 2000; ++i) {
    const Bytes piece = filled(i % 97, static_cast<int>(i));
    out.reserve_more(piece.size());
    out.append(piece);
    append(expected, piece);
    const std::size_t take = std::min(out.size(), (i * 7) % 103);
    append(got, out.view().first(take));
    out.consume(take);
  }
  append(got, out.view());
  EXPECT_EQ(got, expected);
}

TEST(OutputBuffer, sends_shared_bytes_in_their_place_and_lets_go_of_them_when_they_are_sent) {
  OutputBuffer out;
  auto large = std::make_shared<const Bytes>(filled(5000, 3));
  const std::weak_ptr<const Bytes> kept = large;
  Bytes expected = filled(7);
  out.append(expected);
  out.append_shared(ByteView(*large).first(2000), nullptr);
  out.append(expected);
  out.append_shared(ByteView(*large).subspan(2000), large);
  append(expected, ByteView(*large).first(2000));
  append(expected, filled(7));
  append(expected, ByteView(*large).subspan(2000));
  large.reset();

  Bytes got;
  std::array<ByteView, 3> pieces;  // fewer than there are
  while (out.size() > 0) {
    EXPECT_FALSE(kept.expired());
    const std::size_t count = out.gather(pieces);
    ASSERT_GT(count, 0U);
    Bytes seen;
    for (std::size_t i = 0; i < count; ++i) append(seen, pieces.at(i));
    const std::size_t take = std::min<std::size_t>(seen.size(), 601);
    append(got, ByteView(seen).first(take));
    out.consume(take);
  }
  EXPECT_EQ(got, expected);
  EXPECT_TRUE(kept.expired());
  EXPECT_EQ(out.gather(pieces), 0U);
}

TEST(ChunkWriter, an_owned_payload_makes_the_same_bytes_as_a_copied_one) {
  for (const std::size_t bytes : {100U, 1024U, 4096U, 4097U, 50'000U}) {
    const auto payload = std::make_shared<const Bytes>(filled(bytes));
    OutputBuffer copied;
    OutputBuffer shared;
    for (OutputBuffer* out : {&copied, &shared}) {
      ChunkWriter writer;
      writer.set_chunk_size(*out, 4096);
      const std::shared_ptr<const void> owner = out == &shared ? payload : nullptr;
      writer.write(*out, {6, kVideo, 40, 1, *payload, owner});
    }
    Bytes all;
    std::array<ByteView, 64> pieces;
    const std::size_t count = shared.gather(pieces);
    for (std::size_t i = 0; i < count; ++i) append(all, pieces.at(i));
    EXPECT_EQ(all, Bytes(copied.view().begin(), copied.view().end())) << bytes;
  }
}

}  // namespace
}  // namespace sluice::rtmp::test
