// The arithmetic encoder of H.264 9.3.4 as far as skip flags need it. Runs in a relay.
#include "media/cabac_skip.hpp"

#include <algorithm>
#include <array>

#include "media/bit_writer.hpp"

namespace sluice::media {
namespace {

// Table 9-44, rangeTabLPS.
constexpr std::array<std::array<std::uint8_t, 4>, 64> kRangeOfLps = {{
    {128, 176, 208, 240}, {128, 167, 197, 227}, {128, 158, 187, 216}, {123, 150, 178, 205},
    {116, 142, 169, 195}, {111, 135, 160, 185}, {105, 128, 152, 175}, {100, 122, 144, 166},
    {95, 116, 137, 158},  {90, 110, 130, 150},  {85, 104, 123, 142},  {81, 99, 117, 135},
    {77, 94, 111, 128},   {73, 89, 105, 122},   {69, 85, 100, 116},   {66, 80, 95, 110},
    {62, 76, 90, 104},    {59, 72, 86, 99},     {56, 69, 81, 94},     {53, 65, 77, 89},
    {51, 62, 73, 85},     {48, 59, 69, 80},     {46, 56, 66, 76},     {43, 53, 63, 72},
    {41, 50, 59, 69},     {39, 48, 56, 65},     {37, 45, 54, 62},     {35, 43, 51, 59},
    {33, 41, 48, 56},     {32, 39, 46, 53},     {30, 37, 43, 50},     {29, 35, 41, 48},
    {27, 33, 39, 45},     {26, 31, 37, 43},     {24, 30, 35, 41},     {23, 28, 33, 39},
    {22, 27, 32, 37},     {21, 26, 30, 35},     {20, 24, 29, 33},     {19, 23, 27, 31},
    {18, 22, 26, 30},     {17, 21, 25, 28},     {16, 20, 23, 27},     {15, 19, 22, 25},
    {14, 18, 21, 24},     {14, 17, 20, 23},     {13, 16, 19, 22},     {12, 15, 18, 21},
    {12, 14, 17, 20},     {11, 14, 16, 19},     {11, 13, 15, 18},     {10, 12, 15, 17},
    {10, 12, 14, 16},     {9, 11, 13, 15},      {9, 11, 12, 14},      {8, 10, 12, 14},
    {8, 9, 11, 13},       {7, 9, 11, 12},       {7, 9, 10, 12},       {7, 8, 10, 11},
    {6, 8, 9, 11},        {6, 7, 9, 10},        {6, 7, 8, 9},         {2, 2, 2, 2},
}};

// Table 9-45, transIdxLPS.
constexpr std::array<std::uint8_t, 64> kNextAfterLps = {
    0,  0,  1,  2,  2,  4,  4,  5,  6,  7,  8,  9,  9,  11, 11, 12, 13, 13, 15, 15, 16, 16,
    18, 18, 19, 19, 21, 21, 22, 22, 23, 24, 24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30,
    31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37, 37, 37, 38, 38, 63};
constexpr std::uint8_t kLastAdaptiveState = 62;

// Of one syntax element's bin: 9.3.1.1.
struct Context {
  std::uint8_t state;
  bool likely;

  Context(int m, int n, int qp) {
    const int pre = std::clamp((m * std::clamp(qp, 0, 51) >> 4) + n, 1, 126);
    likely = pre > 63;
    state = static_cast<std::uint8_t>(likely ? pre - 64 : 63 - pre);
  }
};

class Encoder {
 public:
  void encode(Context& context, bool bin) {
    const std::uint32_t of_lps = kRangeOfLps[context.state][range_ >> 6U & 3U];
    range_ -= of_lps;
    if (bin == context.likely) {
      if (context.state < kLastAdaptiveState) ++context.state;
    } else {
      low_ += range_;
      range_ = of_lps;
      if (context.state == 0) context.likely = !context.likely;
      context.state = kNextAfterLps[context.state];
    }
    renormalise();
  }

  // end_of_slice_flag. After a true one nothing more can be written.
  void terminate(bool bin) {
    range_ -= 2;
    if (!bin) return renormalise();
    low_ += range_;
    range_ = 2;
    renormalise();
    put(low_ >> 9U & 1U);
    // The last of these is rbsp_stop_one_bit (9.3.4.5).
    out_.bits(((low_ >> 7U) & 3U) | 1U, 2);
    out_.align(false);
  }
  const Bytes& bytes() const { return out_.bytes(); }

 private:
  void renormalise() {
    while (range_ < 256) {
      if (low_ < 256) {
        put(0);
      } else if (low_ >= 512) {
        low_ -= 512;
        put(1);
      } else {
        low_ -= 256;
        ++outstanding_;
      }
      range_ <<= 1U;
      low_ <<= 1U;
    }
  }
  void put(std::uint32_t bit) {
    if (first_)
      first_ = false;
    else
      out_.flag(bit != 0);
    for (; outstanding_ > 0; --outstanding_) out_.flag(bit == 0);
  }

  BitWriter out_;
  std::uint32_t low_ = 0;
  std::uint32_t range_ = 510;
  std::uint64_t outstanding_ = 0;
  bool first_ = true;
};

}  // namespace

Bytes skipped_macroblocks(std::uint64_t macroblocks, int qp) {
  // mb_skip_flag's context is 11 while both neighbours are skipped or absent (9.3.3.1.1.1); table 9-13.
  Context skip(23, 33, qp);
  Encoder encoder;
  for (std::uint64_t left = macroblocks; left > 0; --left) {
    encoder.encode(skip, true);
    encoder.terminate(left == 1);
  }
  return encoder.bytes();
}

}  // namespace sluice::media
