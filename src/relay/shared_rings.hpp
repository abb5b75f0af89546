// Maps a ring once, however many streams of this process read it: each mapping of its own would cost page
// tables and page faults of its own. Runs in relays.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "relay/ring_source.hpp"

namespace sluice::relay {

class SharedRings {
 public:
  explicit SharedRings(RingSource::Readers readers) : readers_(readers) {}

  // `fd` is not kept. Errors: see ring::Reader::open.
  std::expected<std::shared_ptr<const RingSource>, ring::RingError> open(const std::string& ring_id, int fd);

 private:
  RingSource::Readers readers_;
  std::map<std::string, std::weak_ptr<const RingSource>> rings_;
};

}  // namespace sluice::relay
