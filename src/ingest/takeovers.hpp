// Whether a newcomer may take a source from the encoder that publishes into it. Sans-I/O, one per source;
// runs in the ingest.
//
// The newcomer wins at once: mostly it is the same encoder, whose dead connection must never keep it out. But
// two encoders with the same key would throw each other out for ever (a removed OBS calls again after 2 s),
// and the audience would see neither. So after kMaxTakeovers between different addresses within kFight the
// incumbent stays while it delivers, until nobody else has tried for kFight. An OBS that is refused when it
// calls again keeps trying, less and less often; one that calls for the first time stops and tells its user.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace sluice::ingest {

inline constexpr std::size_t kMaxTakeovers = 3;
inline constexpr Duration kFight = std::chrono::seconds{30};
// An incumbent whose last media is older than this does not deliver.
inline constexpr Duration kDelivers = std::chrono::seconds{5};

class Takeovers {
 public:
  struct Incumbent {
    std::string_view address;  // "192.0.2.1:4242", as net::peer_address() has it; the port does not count
    Instant last_media;
  };
  // Somebody at `newcomer` publishes to the source that `incumbent` holds. True: it takes over.
  bool allows(std::string_view newcomer, const Incumbent& incumbent, Instant now);
  // The incumbent has left by itself: whoever comes next has nobody to take anything from.
  void vacated() { *this = {}; }
  // Who was last kept out, with its port, while the fight goes on; empty: nobody.
  std::string kept_out(Instant now) const;

 private:
  bool fighting(Instant now);

  std::deque<Instant> taken_;  // of the last kFight, between different addresses
  struct KeptOut {
    std::string address;
    Instant at;
  };
  std::optional<KeptOut> kept_out_;
};

}  // namespace sluice::ingest
