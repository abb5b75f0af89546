// Lawful H.264 pictures that repeat a key frame, made without encoding: while the source is away they keep a
// platform's session alive with the last picture. Sans-I/O; runs in a relay. docs/hold-pictures.md says what
// they are made of, bit by bit.
//
// A hold group is the source's last IDR access unit, then P pictures in which every macroblock is skipped:
// exact copies at ten to some two hundred bytes each. Nothing of the live stream but its parameter sets
// and that key frame is needed. Two identical IDR access units in a row would be unlawful (idr_pic_id must
// differ, H.264 7.4.3), so at least one skipped picture must stand between them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/avc_parameters.hpp"

namespace sluice::media {

class HoldPictures {
 public:
  // From an avcC record and the AVCC bytes (media_body()) of an IDR frame. Parameter sets in the frame go
  // before those in the record. nullopt where skipped pictures cannot be made: fields or MBAFF, not 4:2:0,
  // slice groups, pic_order_cnt_type 1, no reference frames, NAL lengths of one byte (a picture may need
  // more); and when the frame is not one whole IDR picture.
  //
  // Copies the key frame and codes one picture: to be called once a hold, not once a key frame.
  static std::optional<HoldPictures> from(ByteView configuration, ByteView key_frame);

  // The key frame's AVCC bytes without what must not be shown twice: SEI (captions, time codes), delimiters
  // and filler are left out.
  const Bytes& key_frame() const { return key_frame_; }
  // AVCC bytes of the `number`-th picture behind the key frame, from 1 on.
  Bytes skipped(std::uint32_t number) const;

 private:
  HoldPictures() = default;
  bool read_slice(ByteView unit, const AvcParameterSets& sets);
  Bytes slice_of(std::uint32_t number) const;

  std::uint8_t nal_length_bytes_ = 4;
  AvcSps sps_;
  AvcPps pps_;
  std::uint32_t key_order_ = 0;  // pic_order_cnt_lsb of the IDR
  Bytes key_frame_;
  Bytes coded_macroblocks_;  // slice data, the same in all pictures; CABAC only
};

}  // namespace sluice::media
