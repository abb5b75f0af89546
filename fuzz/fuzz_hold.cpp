// Any bytes as an avcC record and a key frame (the first two bytes say where the record ends), and as the
// configuration of a silent track.
#include <algorithm>

#include "base/check.hpp"
#include "media/hold_pictures.hpp"
#include "media/silence.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const ByteView input(data, size);
  media::silence_for(input);
  if (size < 2) return 0;
  const std::size_t record = std::min<std::size_t>(load_be16(data), size - 2);
  // Copies, so that what is read behind their ends is seen.
  const Bytes configuration(data + 2, data + 2 + record);
  const Bytes key_frame(data + 2 + record, data + size);
  const auto hold = media::HoldPictures::from(configuration, key_frame);
  if (!hold) return 0;
  SLUICE_CHECK(!hold->key_frame().empty() && hold->key_frame().size() <= key_frame.size());
  // What is left of a key frame is one that nothing is left out of.
  const auto again = media::HoldPictures::from(configuration, hold->key_frame());
  SLUICE_CHECK(again && again->key_frame() == hold->key_frame());
  for (const std::uint32_t number : {1U, 2U, 0x10000U, 0xFFFFFFFFU}) {
    const Bytes picture = hold->skipped(number);
    SLUICE_CHECK(picture == again->skipped(number));
    SLUICE_CHECK(picture.size() < 0x10000);  // fits into a length of two bytes
  }
  return 0;
}
