// The mark that each video frame of a bench carries: which frame it is, when it was sent, what it contains.
// Written by bench_publisher, read by bench_sink.
//
// Byte format: one H.264 SEI NAL unit of type user_data_unregistered (ISO 14496-10, D.1.6) with its 4-byte
// length, put into the AVCC payload of an FLV video tag:
//
//   00 00 00 44 | 06 05 40 | UUID, 16 bytes | sequence | sent | digest, 16 hex digits each | 80
//
// nginx-rtmp and `ffmpeg -c copy` carry it through and decoders skip it. The numbers are written as
// hexadecimal digits so that no two zero bytes stand in a row: no emulation prevention (7.4.1.1) can become
// necessary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace sluice::bench {

struct Mark {
  std::uint64_t sequence = 0;  // counts from 0 over one publisher's life, loops of its file included
  std::uint64_t sent_ns = 0;   // CLOCK_MONOTONIC when the frame was handed to the socket
  std::uint64_t digest = 0;    // digest_around() of the frame
};

inline constexpr std::size_t kMarkBytes = 72;
// FLV's codec byte, AVC packet type and composition time stand before the coded data.
inline constexpr std::size_t kAvcTagHeaderBytes = 5;

// Where in an AVC frame's payload a mark may be inserted: before all NAL units, but behind an access unit
// delimiter, which must stay first. nullopt: not a coded AVC frame.
std::optional<std::size_t> place_for_mark(ByteView payload);

// REQUIRES: kMarkBytes at `out`.
void write_mark(std::uint8_t* out, const Mark& mark);

struct FoundMark {
  Mark mark;
  std::size_t offset = 0;
};
// Looks among the first NAL units of a video payload.
std::optional<FoundMark> find_mark(ByteView payload);

// Of the coded data without the mark that stands, or will be inserted, at `offset`. For finding damage, not
// for defence. REQUIRES: offset <= payload.size(); `mark_bytes` is kMarkBytes or 0.
std::uint64_t digest_around(ByteView payload, std::size_t offset, std::size_t mark_bytes);

}  // namespace sluice::bench
