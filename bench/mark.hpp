// The mark that each video and audio frame of a bench carries: which frame it is, when it was sent, what it
// contains. Written by bench_publisher, read by bench_sink.
//
// Byte format: a shell that decoders skip, around
//
//   UUID, 16 bytes | sequence | sent | digest, 16 hex digits each
//
// In an AVC frame the shell is one SEI NAL unit of type user_data_unregistered (ISO 14496-10, D.1.6) with its
// 4-byte length; in an AAC frame a data stream element (ISO 14496-3, table 4.10: id 4, tag 0, not aligned,
// 64 bytes), which may stand before all other elements and, with its 16 bits of header, moves none of their
// bits within a byte:
//
//   00 00 00 44 | 06 05 40 | … | 80        video
//   80 | 40 | …                            audio
//
// nginx-rtmp and `ffmpeg -c copy` carry both through. The numbers are written as hexadecimal digits so that
// no two zero bytes stand in a row: no emulation prevention (7.4.1.1) can become necessary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::bench {

struct Mark {
  std::uint64_t sequence = 0;  // of frames of one kind, from 0 over one publisher's life, loops included
  std::uint64_t sent_ns = 0;   // CLOCK_MONOTONIC when the frame was handed to the socket
  std::uint64_t digest = 0;    // digest_around() of the frame
};

// REQUIRES: kind is video or audio.
std::size_t mark_bytes(media::MessageKind kind);

// Where in a frame's payload a mark may be inserted. Video: before all NAL units, but behind an access unit
// delimiter, which must stay first. nullopt: not a coded AVC or AAC frame.
std::optional<std::size_t> place_for_mark(const media::MessageView& frame);

// REQUIRES: mark_bytes(kind) at `out`.
void write_mark(media::MessageKind kind, std::uint8_t* out, const Mark& mark);

struct FoundMark {
  Mark mark;
  std::size_t offset = 0;
};
// Video: looks among the first NAL units. Audio: at the front.
std::optional<FoundMark> find_mark(const media::MessageView& frame);

// Of the coded data without the `mark_bytes` that stand at `offset` (0: none stand there yet). For finding
// damage, not for defence. REQUIRES: offset + mark_bytes <= payload.size().
std::uint64_t digest_around(ByteView payload, std::size_t offset, std::size_t mark_bytes);

}  // namespace sluice::bench
