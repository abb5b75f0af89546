// What the encoder really sent: every message numbered, so that whoever receives one can be held against it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "media/message.hpp"
#include "sim/format.hpp"

namespace sluice::sim {

inline constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

struct Sent {
  media::MessageKind kind = media::MessageKind::kData;
  bool is_key = false;
  bool is_header = false;        // sequence header
  bool is_disposable = false;    // no other frame refers to it
  bool is_in_burst = false;      // much else came with it, which takes its time on the line
  bool is_out_of_order = false;  // its time lies below an earlier one's of its track
  std::uint32_t session = 0;     // publisher session, counted over all rings
  std::uint32_t ring = 0;
  std::uint32_t epoch = 0;                 // changes when the encoder's clock jumps
  std::uint64_t position = 0;              // in its ring
  std::uint64_t video_header = kNoNumber;  // in force when it was sent
  std::uint64_t audio_header = kNoNumber;
  std::uint64_t reference = kNoNumber;  // the frame that it needs
  std::uint64_t key = kNoNumber;        // the newest key frame up to here, of its session
  std::int64_t source_ms = 0;           // its timestamp before the wrap to 32 bits
  std::int64_t capture_ms = 0;          // when camera and microphone really took it
  Instant arrival{};
  Format format;                    // of the encoder then
  std::int32_t composition_ms = 0;  // how much later than it is decoded the picture is shown
  std::uint32_t order = 0;          // key frames: pic_order_cnt_lsb
  std::uint64_t hash = 0;
  std::uint64_t hold_hash = 0;  // key frames: of what a hold may show of it, which is without SEI
};

// One per seed.
class Truth {
 public:
  explicit Truth(std::vector<Sent>& storage) : sent_(storage) { sent_.clear(); }

  std::uint64_t next_number() const { return sent_.size(); }
  void add(const Sent& sent) { sent_.push_back(sent); }
  const Sent& operator[](std::uint64_t number) const { return sent_[number]; }
  std::uint64_t size() const { return sent_.size(); }

 private:
  std::vector<Sent>& sent_;
};

// Payloads as an encoder's, but tiny: valid FLV headers, parameter sets and an IDR's slice header, then
// marker and number.
enum class Shape : std::uint8_t {
  kMetadata,
  kVideoHeader,
  kAudioHeader,
  kKeyFrame,
  kFrame,
  kDisposable,
  kAudio
};
media::MessageKind kind_of(Shape shape);
struct Making {
  Shape shape = Shape::kAudio;
  Format format;
  std::uint64_t number = 0;
  std::size_t filler = 0;  // so many bytes more
  std::int32_t composition_ms = 0;
  std::uint32_t order = 0;
  bool has_sei = false;  // key frames
};
void make_payload(Bytes& out, const Making& making);
std::uint64_t hash_of(ByteView payload);
// nullopt: not a payload of ours.
std::optional<std::uint64_t> number_in(ByteView payload);
// The highest number whose whole payload lies in `bytes`, of which it looks at everything (what a socket
// still holds). Not the last one: a hold repeats its key frame.
std::optional<std::uint64_t> highest_whole_number(ByteView bytes);

}  // namespace sluice::sim
