// How fuzz targets cut their input into reads: the first byte gives the length of the pieces.
#pragma once

#include <algorithm>

#include "base/bytes.hpp"

namespace sluice::fuzz {

// Calls take(piece) until it returns false. 0: all at once.
template <typename Take>
void in_pieces(ByteView input, Take take) {
  if (input.empty()) return;
  const std::size_t wanted = input[0] == 0 ? input.size() : input[0];
  for (ByteView rest = input.subspan(1); !rest.empty();) {
    const std::size_t count = std::min(wanted, rest.size());
    if (!take(rest.first(count))) return;
    rest = rest.subspan(count);
  }
}

}  // namespace sluice::fuzz
