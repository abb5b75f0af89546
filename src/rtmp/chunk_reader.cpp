// The chunk stream, incoming. Runs in ingest and relays.
//
// Tolerances, each with a test:
//   - type 1 on a fresh chunk stream counts from zero (librtmp's ping replies begin so);
//   - type 3 may start a message with the header of the last one (OBS's createStream after an FCPublish of
//     the same length, GStreamer's audio); after a type 0 its delta is that timestamp (spec; SRS, FFmpeg and
//     GStreamer do so, nginx-rtmp uses 0);
//   - an extended timestamp may be missing in continuations (old librtmp, old FFmpeg): it is taken when the
//     four bytes equal the announced value, else they are payload;
//   - control messages may come on any chunk stream.
#include "rtmp/chunk_reader.hpp"

#include <algorithm>

namespace sluice::rtmp {
namespace {

constexpr std::uint32_t kExtendedMark = 0xFFFFFF;
constexpr std::array<std::size_t, 4> kMessageHeaderBytes{11, 7, 3, 0};
// A bigger buffer is given back after its message: many chunk streams must not hoard memory.
constexpr std::size_t kKeptBufferBytes = 256U << 10U;

}  // namespace

ChunkReader::Stream* ChunkReader::find(std::uint32_t id) {
  if (id < index_.size()) return index_[id] == 0 ? nullptr : &streams_[index_[id] - 1U];
  const auto found = std::ranges::find(streams_, id, &Stream::id);
  return found == streams_.end() ? nullptr : &*found;
}

std::expected<ChunkReader::Stream*, ProtocolError> ChunkReader::add(std::uint32_t id) {
  if (streams_.size() == kMaxChunkStreams) return std::unexpected(ProtocolError::kTooManyChunkStreams);
  streams_.emplace_back().id = id;
  if (id < index_.size()) index_[id] = static_cast<std::uint8_t>(streams_.size());
  return &streams_.back();
}

std::expected<std::size_t, ProtocolError> ChunkReader::feed(ByteView bytes, MessageSink& sink) {
  std::size_t used = 0;
  // A message without payload completes with its header, when no byte may be left.
  while (used < bytes.size() || (in_chunk_ && chunk_left_ == 0)) {
    const ByteView rest = bytes.subspan(used);
    const auto step = in_chunk_ ? take_payload(rest, sink) : take_header(rest, sink);
    if (!step) return step;
    used += *step;
    if (!in_chunk_ && sink.wants_pause()) break;
  }
  return used;
}

std::expected<std::size_t, ProtocolError> ChunkReader::take_header(ByteView bytes, MessageSink& sink) {
  std::size_t header_bytes = 0;
  if (carried_ == 0) {
    const auto parsed = parse_header(bytes, header_bytes);
    if (!parsed) return std::unexpected(parsed.error());
    if (*parsed == Parse::kDone) return header_bytes;
  }
  // Cut by the end of the input: go on from a copy of what there is.
  const std::size_t added = std::min(bytes.size(), carry_.size() - carried_);
  std::copy_n(bytes.begin(), added, carry_.begin() + static_cast<std::ptrdiff_t>(carried_));
  const auto parsed = parse_header(ByteView(carry_).first(carried_ + added), header_bytes);
  if (!parsed) return std::unexpected(parsed.error());
  if (*parsed == Parse::kNeedMore) {
    carried_ += added;
    return added;
  }
  if (header_bytes < carried_) {
    const auto given_back = give_back(header_bytes, sink);
    if (!given_back) return std::unexpected(given_back.error());
    return 0;
  }
  const std::size_t used = header_bytes - carried_;
  carried_ = 0;
  return used;
}

// Carried bytes that looked like the beginning of an extended timestamp were payload after all.
std::expected<void, ProtocolError> ChunkReader::give_back(std::size_t header_bytes, MessageSink& sink) {
  const auto copy = carry_;
  const ByteView surplus = ByteView(copy).subspan(header_bytes, carried_ - header_bytes);
  carried_ = 0;
  const auto used = feed(surplus, sink);
  if (!used) return std::unexpected(used.error());
  if (*used < surplus.size()) {  // the sink paused
    const ByteView left = surplus.subspan(*used);
    std::ranges::copy(left, carry_.begin());
    carried_ = left.size();
  }
  return {};
}

ChunkReader::HeaderResult ChunkReader::parse_header(ByteView bytes, std::size_t& used) {
  if (bytes.empty()) return Parse::kNeedMore;
  const auto format = static_cast<std::uint8_t>(bytes[0] >> 6);
  std::uint32_t id = bytes[0] & 0x3FU;
  std::size_t basic = 1;
  if (id < 2) {
    basic = 2 + id;
    if (bytes.size() < basic) return Parse::kNeedMore;
    id = 64 + bytes[1] + (id == 1 ? bytes[2] * 256U : 0U);
  }
  const auto result = parse_message_header(format, id, bytes.subspan(basic), used);
  used += basic;
  return result;
}

ChunkReader::HeaderResult ChunkReader::parse_message_header(std::uint8_t format, std::uint32_t id,
                                                            ByteView bytes, std::size_t& used) {
  used = kMessageHeaderBytes[format];
  Stream* stream = find(id);
  if (stream == nullptr && format >= 2) return std::unexpected(ProtocolError::kFreshCompressedHeader);
  if (stream != nullptr && stream->in_message && format != 3) {
    return std::unexpected(ProtocolError::kHeaderInsideMessage);
  }
  if (bytes.size() < used) return Parse::kNeedMore;

  std::uint32_t time = format == 3 ? stream->time_field : load_be24(bytes.data());
  const bool extended = format == 3 ? stream->extended : time == kExtendedMark;
  if (extended && format != 3) {
    if (bytes.size() < used + 4) return Parse::kNeedMore;
    time = load_be32(bytes.data() + used);
    used += 4;
  } else if (extended) {
    const std::array<std::uint8_t, 4> expected{
        static_cast<std::uint8_t>(time >> 24), static_cast<std::uint8_t>(time >> 16),
        static_cast<std::uint8_t>(time >> 8), static_cast<std::uint8_t>(time)};
    const std::size_t there = std::min(bytes.size(), expected.size());
    if (std::ranges::equal(bytes.first(there), ByteView(expected).first(there))) {
      if (there < expected.size()) return Parse::kNeedMore;
      used += 4;
    }
  }

  if (stream == nullptr) {
    const auto added = add(id);
    if (!added) return std::unexpected(added.error());
    stream = *added;
  }
  if (!stream->in_message) {
    const auto started = start_message(*stream, format, bytes, time, extended);
    if (!started) return started;
  }
  current_ = static_cast<std::size_t>(stream - streams_.data());
  in_chunk_ = true;
  chunk_left_ = std::min<std::size_t>(chunk_bytes_, stream->length - stream->partial.size());
  return Parse::kDone;
}

ChunkReader::HeaderResult ChunkReader::start_message(Stream& stream, std::uint8_t format, ByteView header,
                                                     std::uint32_t time, bool extended) {
  if (format <= 1) {
    stream.length = load_be24(header.data() + 3);
    stream.type = header[6];
  }
  if (format == 0) stream.stream_id = load_le32(header.data() + 7);
  if (stream.length > max_message_bytes_) return std::unexpected(ProtocolError::kMessageTooLong);
  stream.time_field = time;
  stream.extended = extended;
  if (format != 3) stream.delta_ms = time;
  stream.timestamp_ms = format == 0 ? time : stream.timestamp_ms + stream.delta_ms;
  stream.in_message = true;
  return Parse::kDone;
}

std::expected<std::size_t, ProtocolError> ChunkReader::take_payload(ByteView bytes, MessageSink& sink) {
  Stream& stream = streams_[current_];
  const std::size_t count = std::min(bytes.size(), chunk_left_);
  const ByteView part = bytes.first(count);
  chunk_left_ -= count;
  in_chunk_ = chunk_left_ > 0;
  if (stream.partial.size() + count < stream.length) {
    if (partial_bytes_ + count > max_partial_bytes_)
      return std::unexpected(ProtocolError::kTooMuchPartialData);
    keep_partial(stream, part);
    return count;
  }
  // The whole message lies in the input: no copy.
  std::expected<void, ProtocolError> done;
  if (stream.partial.empty()) {
    done = finish_message(stream, part, sink);
  } else {
    keep_partial(stream, part);
    done = finish_message(stream, stream.partial, sink);
  }
  if (!done) return std::unexpected(done.error());
  return count;
}

void ChunkReader::keep_partial(Stream& stream, ByteView bytes) {
  Bytes& partial = stream.partial;
  const std::size_t needed = partial.size() + bytes.size();
  if (needed > partial.capacity()) {
    partial.reserve(std::min<std::size_t>(stream.length, std::max(needed, 2 * partial.capacity())));
  }
  append(partial, bytes);
  partial_bytes_ += bytes.size();
}

void ChunkReader::drop_partial(Stream& stream) {
  partial_bytes_ -= stream.partial.size();
  stream.partial.clear();
  if (stream.partial.capacity() > kKeptBufferBytes) stream.partial = Bytes();
  stream.in_message = false;
}

std::expected<void, ProtocolError> ChunkReader::finish_message(Stream& stream, ByteView payload,
                                                               MessageSink& sink) {
  stream.in_message = false;
  auto result = deliver({stream.type, stream.timestamp_ms, stream.stream_id, payload}, sink);
  drop_partial(stream);
  return result;
}

std::expected<void, ProtocolError> ChunkReader::deliver(const IncomingMessage& message, MessageSink& sink) {
  if (message.type != kSetChunkSize && message.type != kAbort) return sink.on_message(message);
  if (message.payload.size() < 4) return std::unexpected(ProtocolError::kBadControlMessage);
  const std::uint32_t value = load_be32(message.payload.data());
  if (message.type == kAbort) {
    if (Stream* stream = find(value); stream != nullptr && stream->in_message) drop_partial(*stream);
    return {};
  }
  if (value == 0 || value > 0x7FFFFFFFU) return std::unexpected(ProtocolError::kBadChunkSize);
  chunk_bytes_ = std::min(value, kMaxChunkBytes);
  return {};
}

}  // namespace sluice::rtmp
