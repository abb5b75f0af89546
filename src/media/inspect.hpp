// What the first bytes of a message say about it. Never fails: what it does not know is kOther and passes
// through as opaque bytes. Reads legacy FLV headers and Enhanced RTMP v2 (ExHeader, ModEx, Multitrack).
#pragma once

#include <cstdint>
#include <string_view>

#include "media/message.hpp"

namespace sluice::media {

enum class Codec : std::uint8_t {
  kNone,
  kOther,
  kAvc,
  kHevc,
  kVvc,
  kAv1,
  kVp8,
  kVp9,
  kAac,
  kMp3,
  kOpus,
  kFlac,
  kAc3,
  kEac3,
};
std::string_view codec_name(Codec codec);  // "h264", "hevc", "av1", "aac", "opus", ...; "" for kNone
// Enhanced RTMP's name of it: "hvc1", "Opus", …; "" for kNone and kOther.
std::string_view four_cc(Codec codec);

struct Traits {
  Codec codec = Codec::kNone;
  bool is_key_frame = false;        // a coded key frame (not a sequence header)
  bool is_sequence_header = false;  // decoder configuration
  bool is_end_of_sequence = false;  // AVC end of sequence, E-RTMP SequenceEnd
  bool is_metadata = false;         // a data message that carries onMetaData
  bool is_empty = false;            // zero-length payload: never relayed
  bool is_enhanced = false;         // in Enhanced RTMP's form: names its codec by a FourCC
  bool is_multitrack = false;       // an E-RTMP Multitrack message
  std::uint8_t track = 0;           // E-RTMP track id of the first track in the message; else 0
  std::int32_t composition_ms = 0;  // signed 24 bit on the wire
};
Traits inspect(const MessageView& message);

// The bytes behind the header that inspect() reads: of a sequence header the decoder configuration (avcC,
// hvcC, AudioSpecificConfig, ...), of a frame its coded data. Empty for data messages, for what inspect()
// does not know, and of a message with several tracks all but the first track's bytes are left out.
ByteView media_body(const MessageView& message);

// A data message's payload as players and FLV files expect it: without the leading "@setDataFrame".
ByteView without_set_data_frame(ByteView payload);

}  // namespace sluice::media
