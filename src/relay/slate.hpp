// What a platform is shown while its source is away: frames without end, in the order of their times, each
// with the milliseconds since the slate began. A frozen picture is one, a clip another. Sans-I/O.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/message.hpp"

namespace sluice::relay {

inline constexpr std::int64_t kMaxStepMs = 50;

class Slate {
 public:
  virtual ~Slate() = default;

  // When the next frame is due; never goes back within a track.
  virtual std::int64_t next_ms() const = 0;
  // The next frame, without its time; the payload is valid until the next call. nullopt: there is nothing
  // more to show, against expectation.
  virtual std::optional<media::MessageView> take() = 0;
  // How much later than it is decoded the first picture is shown.
  virtual std::int64_t composition_ms() const = 0;
  // From one picture to the next, rounded up; at most kMaxStepMs.
  virtual std::int64_t step_ms() const = 0;
  // A picture that repeats the last key frame taken, to stand between that one and another: two key frames
  // may not follow each other (H.264 7.4.3). Empty: none can be made, or the codec needs none.
  virtual ByteView bridge() = 0;
};

}  // namespace sluice::relay
