// The slice data of a P slice in which every macroblock is skipped, in CABAC (H.264 9.3). Sans-I/O; runs in a
// relay.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace sluice::media {

// What follows the alignment bits of a slice header with cabac_init_idc 0, up to the coder's last bit, which
// is also the slice's rbsp_stop_one_bit; without emulation prevention. Costs two coding steps a macroblock
// and gives about a byte for two hundred of them, so whoever needs it often keeps it: it depends on nothing
// else than these two. REQUIRES: macroblocks > 0; `qp` is SliceQPY, 0 to 51.
Bytes skipped_macroblocks(std::uint64_t macroblocks, int qp);

}  // namespace sluice::media
