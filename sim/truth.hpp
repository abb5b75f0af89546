// What the encoder really sent: every message numbered, so that whoever receives one can be held against it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "media/message.hpp"

namespace sluice::sim {

inline constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

struct Sent {
  media::MessageKind kind = media::MessageKind::kData;
  bool is_key = false;
  bool is_header = false;        // sequence header
  bool is_disposable = false;    // no other frame refers to it
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
  std::uint64_t hash = 0;
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

// Payloads as an encoder's, but tiny: valid FLV headers, then marker and number.
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
// `version` makes headers of different configurations differ; `filler` bytes more.
void make_payload(Bytes& out, Shape shape, std::uint64_t number, std::size_t filler);
std::uint64_t hash_of(ByteView payload);
// nullopt: not a payload of ours.
std::optional<std::uint64_t> number_in(ByteView payload);
// The last number whose whole payload lies in `bytes`, of which it looks at everything (what a socket still
// holds).
std::optional<std::uint64_t> last_whole_number(ByteView bytes);

}  // namespace sluice::sim
