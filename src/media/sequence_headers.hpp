// The decoder configuration in force: the last sequence header of picture and of sound, track 0. Sans-I/O.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"

namespace sluice::media {

class SequenceHeaders {
 public:
  // Anything that is no sequence header of track 0, or above kMaxSequenceHeaderBytes, changes nothing. True:
  // what is in force is another one now (the first counts, a byte-identical repeat does not).
  bool take(const MessageView& message, const Traits& traits);

  // Whole payloads, as published; empty: none.
  const Bytes& video() const { return video_; }
  const Bytes& audio() const { return audio_; }
  // Hexadecimal, equal for equal headers; empty while there is none. Tells one encoder's settings from
  // another's by mistake only (FNV-1a, 64 bit): it is no proof against somebody who wants two to be alike.
  std::string fingerprint() const;

 private:
  Bytes video_;
  Bytes audio_;
};

}  // namespace sluice::media
