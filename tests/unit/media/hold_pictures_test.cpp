// Hold pictures, read again bit by bit. What decoders make of them is in
// tests/integration/test_hold_pictures.py.
#include "media/hold_pictures.hpp"

#include <gtest/gtest.h>

#include "avc_units.hpp"
#include "media/bit_reader.hpp"
#include "media/cabac_skip.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

const Bytes kAccessUnitDelimiter{0x09, 0x10};
const Bytes kSei{0x06, 0x05, 0x01, 0xAA, 0x80};
const Bytes kFiller{0x0C, 0xFF, 0xFF, 0x80};
const Bytes kEndOfSequence{0x0A};
const Bytes kScalablePrefix{0x6E, 0x40, 0x00, 0x80};

std::optional<HoldPictures> make(const SpsWords& sps, const PpsWords& pps, const IdrSlice& slice = {}) {
  return HoldPictures::from(avc_record({sps.nal()}, {pps.nal()}), avcc({slice.nal(sps, pps)}));
}

// The one NAL unit of a picture, its length and header checked and its emulation prevention undone.
Bytes slice_of(const Bytes& picture) {
  EXPECT_EQ(load_be32(picture.data()), picture.size() - 4);
  EXPECT_EQ(picture[4], 0x21);  // a reference, not an IDR
  const ByteView nal = ByteView(picture).subspan(4);
  for (std::size_t i = 0; i + 2 < nal.size(); ++i) {
    EXPECT_FALSE(nal[i] == 0 && nal[i + 1] == 0 && nal[i + 2] < 3) << "a start code";
  }
  EXPECT_NE(nal.back(), 0);
  Bytes slice = unescape_nal(nal);
  slice.erase(slice.begin());
  return slice;
}

struct Header {
  std::uint32_t frame_number = 0;
  std::uint32_t order = 0;
};

// Reads slice_header() of H.264 7.3.3 with what the parameter sets say; expects what all hold pictures say.
Header read_header(BitReader& in, const SpsWords& sps, const PpsWords& pps) {
  Header header;
  EXPECT_EQ(in.unsigned_golomb(), 0U);  // first_mb_in_slice
  EXPECT_EQ(in.unsigned_golomb(), 5U);  // slice_type
  EXPECT_EQ(in.unsigned_golomb(), pps.id);
  header.frame_number = in.bits(static_cast<int>(sps.frame_number_bits));
  if (sps.order_type == 0) {
    header.order = in.bits(static_cast<int>(sps.order_bits));
    if (pps.bottom_order_present) EXPECT_EQ(in.signed_golomb(), 0);
  }
  if (pps.redundant_count_present) EXPECT_EQ(in.unsigned_golomb(), 0U);
  EXPECT_TRUE(in.flag());               // num_ref_idx_active_override_flag
  EXPECT_EQ(in.unsigned_golomb(), 0U);  // num_ref_idx_l0_active_minus1
  EXPECT_FALSE(in.flag());              // ref_pic_list_modification_flag_l0
  if (pps.weighted_prediction) {
    EXPECT_EQ(in.unsigned_golomb(), 0U);
    EXPECT_EQ(in.unsigned_golomb(), 0U);
    EXPECT_FALSE(in.flag());
    EXPECT_FALSE(in.flag());
  }
  EXPECT_FALSE(in.flag());  // adaptive_ref_pic_marking_mode_flag
  if (pps.cabac) EXPECT_EQ(in.unsigned_golomb(), 0U);
  EXPECT_EQ(in.signed_golomb(), 0);  // slice_qp_delta
  if (pps.deblocking_control_present) EXPECT_EQ(in.unsigned_golomb(), 1U);
  EXPECT_TRUE(in.ok());
  return header;
}

Header header_of(const Bytes& picture, const SpsWords& sps, const PpsWords& pps) {
  const Bytes slice = slice_of(picture);
  BitReader in(slice);
  return read_header(in, sps, pps);
}

TEST(HoldPictures, slice_header_follows_the_parameter_sets) {
  for (std::uint32_t choice = 0; choice < 64; ++choice) {
    const auto chosen = [choice](std::uint32_t bit) { return (choice >> bit & 1U) != 0; };
    const SpsWords sps{.order_type = chosen(0) ? 2U : 0U};
    const PpsWords pps{.id = chosen(1) ? 200U : 0U,
                       .cabac = chosen(2),
                       .bottom_order_present = chosen(3),
                       .weighted_prediction = chosen(4),
                       .deblocking_control_present = chosen(5),
                       .redundant_count_present = chosen(3)};
    const auto hold = make(sps, pps, {.pps_id = pps.id});
    ASSERT_TRUE(hold) << choice;
    EXPECT_EQ(header_of(hold->skipped(1), sps, pps).frame_number, 1U) << choice;
  }
}

TEST(HoldPictures, cavlc_picture_is_one_run_of_all_macroblocks) {
  const SpsWords sps{.width_mbs = 240, .height_mbs = 135};
  const PpsWords pps{.cabac = false};
  const auto hold = make(sps, pps);
  ASSERT_TRUE(hold);
  const Bytes slice = slice_of(hold->skipped(1));
  BitReader in(slice);
  read_header(in, sps, pps);
  EXPECT_EQ(in.unsigned_golomb(), 240U * 135);
  EXPECT_TRUE(in.flag());  // rbsp_stop_one_bit
}

TEST(HoldPictures, cabac_picture_ends_with_the_coded_macroblocks_on_a_byte) {
  const auto hold = make({}, {.initial_qp = 30});
  ASSERT_TRUE(hold);
  const Bytes slice = slice_of(hold->skipped(1));
  const Bytes coded = skipped_macroblocks(240, 30);
  ASSERT_GT(slice.size(), coded.size());
  EXPECT_TRUE(std::equal(coded.rbegin(), coded.rend(), slice.rbegin()));
  BitReader in(ByteView(slice).first(slice.size() - coded.size()));
  read_header(in, {}, {});
  int alignment = 0;  // cabac_alignment_one_bit
  while (in.flag()) ++alignment;
  EXPECT_FALSE(in.ok()) << "a zero before the coded macroblocks";
  EXPECT_LT(alignment, 8);
}

TEST(HoldPictures, counters_wrap_around) {
  const SpsWords sps{.frame_number_bits = 4, .order_bits = 5};
  const auto hold = make(sps, {});
  ASSERT_TRUE(hold);
  for (std::uint32_t number = 1; number < 200; ++number) {
    const Header header = header_of(hold->skipped(number), sps, {});
    EXPECT_EQ(header.frame_number, number % 16);
    EXPECT_EQ(header.order, (2 * number - 1) % 32);
  }
  const Header last = header_of(hold->skipped(0xFFFFFFFF), sps, {});
  EXPECT_EQ(last.frame_number, 15U);
  EXPECT_EQ(last.order, 29U);
}

TEST(HoldPictures, order_counts_go_on_from_the_key_frames) {
  const auto hold = make({}, {}, {.order = 4});
  ASSERT_TRUE(hold);
  EXPECT_EQ(header_of(hold->skipped(1), {}, {}).order, 5U);
  EXPECT_EQ(header_of(hold->skipped(2), {}, {}).order, 7U);
}

// Seen with OpenH264 2.3, whose output queue goes by order counts across coded video sequences.
TEST(HoldPictures, no_order_count_is_that_of_a_live_picture_which_are_even) {
  const auto hold = make({}, {});
  ASSERT_TRUE(hold);
  for (std::uint32_t number = 1; number < 100; ++number) {
    EXPECT_EQ(header_of(hold->skipped(number), {}, {}).order % 2, 1U);
  }
}

TEST(HoldPictures, emulation_prevention_stands_where_zeros_would_look_like_a_start_code) {
  const auto hold = make({.width_mbs = 120, .height_mbs = 68}, {});
  ASSERT_TRUE(hold);
  const Bytes picture = hold->skipped(1);
  EXPECT_EQ(slice_of(picture).size() + 5 + 19, picture.size());
}

TEST(HoldPictures, size_of_a_picture_is_what_a_hold_costs) {
  struct Case {
    SpsWords sps;
    std::size_t cabac;
    std::size_t cavlc;
  };
  const SpsWords p720{.width_mbs = 80, .height_mbs = 45, .crop_bottom = 0};
  const SpsWords p1080{.width_mbs = 120, .height_mbs = 68, .crop_bottom = 4};
  const SpsWords p2160{.width_mbs = 240, .height_mbs = 135, .crop_bottom = 0};
  for (const Case& one : {Case{p720, 37, 13}, {p1080, 69, 13}, {p2160, 237, 14}}) {
    EXPECT_LE(make(one.sps, {})->skipped(1).size(), one.cabac);
    EXPECT_LE(make(one.sps, {.cabac = false})->skipped(1).size(), one.cavlc);
  }
}

TEST(HoldPictures, key_frame_keeps_slices_and_parameter_sets_only) {
  const SpsWords sps;
  const PpsWords pps;
  const std::vector<Bytes> slices{IdrSlice{}.nal(), IdrSlice{.first_macroblock = 60}.nal(),
                                  IdrSlice{.first_macroblock = 120, .type = 2}.nal()};
  const Bytes frame = avcc({kAccessUnitDelimiter, sps.nal(), pps.nal(), kSei, kScalablePrefix, slices[0],
                            slices[1], kFiller, slices[2], kEndOfSequence});
  const auto hold = HoldPictures::from(avc_record({sps.nal()}, {pps.nal()}), frame);
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->key_frame(), avcc({sps.nal(), pps.nal(), slices[0], slices[1], slices[2]}));
}

TEST(HoldPictures, parameter_sets_in_the_key_frame_go_before_those_of_the_record) {
  const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()});
  const SpsWords sps{.frame_number_bits = 9, .order_type = 2};
  const PpsWords pps{.cabac = false, .weighted_prediction = false};
  const auto hold = HoldPictures::from(record, avcc({sps.nal(), pps.nal(), IdrSlice{}.nal(sps, pps)}));
  ASSERT_TRUE(hold);
  EXPECT_EQ(header_of(hold->skipped(500), sps, pps).frame_number, 500U);
  // Nothing in the record at all, as some encoders send it.
  EXPECT_TRUE(HoldPictures::from(avc_record({}, {}), avcc({sps.nal(), pps.nal(), IdrSlice{}.nal(sps, pps)})));
}

TEST(HoldPictures, slice_chooses_among_several_parameter_sets) {
  const SpsWords small;
  const SpsWords large{.id = 1, .width_mbs = 120, .height_mbs = 68};
  const PpsWords first{.cabac = false};
  const PpsWords second{.id = 3, .sps_id = 1, .cabac = false, .deblocking_control_present = false};
  const Bytes record = avc_record({small.nal(), large.nal()}, {first.nal(), second.nal()});
  const auto hold = HoldPictures::from(record, avcc({IdrSlice{.pps_id = 3}.nal(large, second)}));
  ASSERT_TRUE(hold);
  const Bytes slice = slice_of(hold->skipped(1));
  BitReader in(slice);
  read_header(in, large, second);
  EXPECT_EQ(in.unsigned_golomb(), 8160U);
}

TEST(HoldPictures, lengths_are_as_wide_as_the_record_says) {
  for (const std::uint8_t width : Bytes{2, 3, 4}) {
    const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()}, width);
    const auto hold = HoldPictures::from(record, avcc({kSei, IdrSlice{}.nal()}, width));
    ASSERT_TRUE(hold);
    EXPECT_EQ(hold->key_frame(), avcc({IdrSlice{}.nal()}, width));
    const Bytes picture = hold->skipped(1);
    std::size_t length = 0;
    for (int i = 0; i < width; ++i) length = length << 8U | picture[static_cast<std::size_t>(i)];
    EXPECT_EQ(length, picture.size() - width);
  }
}

TEST(HoldPictures, streams_that_cannot_be_repeated_are_refused) {
  EXPECT_TRUE(make({}, {}));
  EXPECT_FALSE(make({.height_mbs = 6, .frames_only = false, .crop_bottom = 0}, {})) << "fields or MBAFF";
  for (const std::uint32_t format : {0U, 2U, 3U}) EXPECT_FALSE(make({.chroma_format = format}, {})) << format;
  EXPECT_FALSE(make({.order_type = 1}, {}));
  EXPECT_FALSE(make({.reference_frames = 0}, {}));
  EXPECT_FALSE(make({}, {.slice_groups = 2}));
  EXPECT_TRUE(make({}, {.initial_qp = 0}));
  EXPECT_TRUE(make({}, {.initial_qp = 51}));
  EXPECT_FALSE(make({}, {.initial_qp = -1})) << "more than 8 bits, and finest of all";
  EXPECT_FALSE(make({}, {.initial_qp = 52}));
}

TEST(HoldPictures, long_term_key_frame_is_refused_where_it_is_the_only_reference) {
  EXPECT_TRUE(make({.reference_frames = 2}, {}, {.long_term = true}));
  EXPECT_FALSE(make({.reference_frames = 1}, {}, {.long_term = true}));
  EXPECT_TRUE(make({.reference_frames = 1}, {}, {.long_term = false}));
}

TEST(HoldPictures, frames_that_are_not_one_idr_picture_are_refused) {
  const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()});
  const Bytes slice = IdrSlice{}.nal();
  Bytes recovery_point = slice;
  recovery_point[0] = 0x61;  // an I picture of an open GOP
  EXPECT_FALSE(HoldPictures::from(record, avcc({recovery_point})));
  EXPECT_FALSE(HoldPictures::from(record, avcc({slice, recovery_point})));
  EXPECT_FALSE(HoldPictures::from(record, avcc({slice, PpsWords{}.nal()}))) << "begins the next picture";
  EXPECT_FALSE(HoldPictures::from(record, avcc({kSei})));
  EXPECT_FALSE(HoldPictures::from(record, {}));
  EXPECT_FALSE(make({}, {}, {.type = 5})) << "a P slice";
  EXPECT_FALSE(make({}, {}, {.frame_number = 1}));
  EXPECT_FALSE(make({}, {}, {.pps_id = 1})) << "not there";
}

TEST(HoldPictures, broken_lengths_are_refused) {
  const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()});
  const Bytes whole = avcc({kSei, IdrSlice{}.nal()});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    part.shrink_to_fit();
    EXPECT_FALSE(HoldPictures::from(record, part)) << size;
  }
  Bytes trailing = whole;
  trailing.push_back(0);
  EXPECT_FALSE(HoldPictures::from(record, trailing));
  Bytes empty_unit = whole;
  append(empty_unit, Bytes{0, 0, 0, 0});
  EXPECT_FALSE(HoldPictures::from(record, empty_unit));
  Bytes endless = whole;
  append(endless, Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x06});
  EXPECT_FALSE(HoldPictures::from(record, endless));
  const Bytes narrow = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()}, 1);
  EXPECT_FALSE(HoldPictures::from(narrow, avcc({IdrSlice{}.nal()}, 1)));
}

TEST(HoldPictures, slice_header_that_ends_too_soon_is_refused) {
  const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()});
  const Bytes slice = IdrSlice{}.nal();
  for (std::size_t size = 1; size < 4; ++size) {
    EXPECT_FALSE(HoldPictures::from(
        record, avcc({Bytes(slice.begin(), slice.begin() + static_cast<std::ptrdiff_t>(size))})));
  }
}

TEST(HoldPictures, parameter_sets_in_a_key_frame_are_counted) {
  const Bytes record = avc_record({SpsWords{}.nal()}, {PpsWords{}.nal()});
  std::vector<Bytes> units(kMaxAvcSetsInPicture, PpsWords{.id = 7}.nal());
  units.push_back(IdrSlice{}.nal());
  EXPECT_TRUE(HoldPictures::from(record, avcc(units)));
  units.insert(units.begin(), SpsWords{.id = 7}.nal());
  EXPECT_FALSE(HoldPictures::from(record, avcc(units)));
}

}  // namespace
}  // namespace sluice::media
