// The slice data of a P slice in which every macroblock is skipped, in CABAC (H.264 9.3). Sans-I/O.
#pragma once

#include <cstdint>

#include "media/bit_writer.hpp"

namespace sluice::media {

// Appends slice_data() and the stop bit of the arithmetic coder, which is also the slice's rbsp_stop_one_bit,
// to a slice header with cabac_init_idc 0; the writer is byte-aligned afterwards. Costs one coding step per
// macroblock and two bits for every hundred or so. `qp` is SliceQPY, 0 to 51.
void write_skipped_macroblocks(BitWriter& out, std::uint64_t macroblocks, int qp);

}  // namespace sluice::media
