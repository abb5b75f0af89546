// Session time from source time: one constant offset for all tracks, so that sound and picture never part.
// Sans-I/O. Source timestamps are 32 bit and wrap (RTMP spec 4, RFC 1982 arithmetic); session time is 64 bit.
#pragma once

#include <cstdint>

namespace sluice::relay {

class Timeline {
 public:
  // From now on `source_ms` is `session_ms`; later timestamps are taken relative to it.
  void anchor(std::uint32_t source_ms, std::int64_t session_ms) {
    last_source_ms_ = source_ms;
    last_unwrapped_ms_ = session_ms;
  }

  // What map() would say, without taking `source_ms` for the present.
  std::int64_t peek(std::uint32_t source_ms) const {
    return last_unwrapped_ms_ + static_cast<std::int32_t>(source_ms - last_source_ms_);
  }

  // May be less than an earlier result: tracks interleave, encoders jitter.
  std::int64_t map(std::uint32_t source_ms) {
    last_unwrapped_ms_ = peek(source_ms);
    last_source_ms_ = source_ms;
    return last_unwrapped_ms_;
  }

 private:
  std::uint32_t last_source_ms_ = 0;
  std::int64_t last_unwrapped_ms_ = 0;
};

}  // namespace sluice::relay
