// SPS, PPS and avcC records: made ones, damaged ones, hostile ones.
#include "media/avc_parameters.hpp"

#include <gtest/gtest.h>

#include "avc_units.hpp"
#include "media/limits.hpp"

namespace sluice::media {
namespace {

TEST(AvcSps, everything_a_slice_header_depends_on_is_read) {
  const SpsWords words{.profile = 122,
                       .id = 31,
                       .chroma_format = 2,
                       .frame_number_bits = 16,
                       .order_bits = 5,
                       .reference_frames = 7,
                       .width_mbs = 120,
                       .height_mbs = 68,
                       .crop_bottom = 8};
  const auto sps = parse_avc_sps(words.nal());
  ASSERT_TRUE(sps);
  EXPECT_EQ(sps->id, 31U);
  EXPECT_EQ(sps->width, 1920U);
  EXPECT_EQ(sps->height, 1080U);  // a line each in 4:2:2
  EXPECT_EQ(sps->macroblocks, 8160U);
  EXPECT_EQ(sps->chroma_format, 2U);
  EXPECT_TRUE(sps->frames_only);
  EXPECT_EQ(sps->frame_number_bits, 16U);
  EXPECT_EQ(sps->order_type, 0U);
  EXPECT_EQ(sps->order_bits, 5U);
  EXPECT_EQ(sps->reference_frames, 7U);
}

TEST(AvcSps, fields_and_baseline_and_other_order_types_are_read) {
  const auto fields = parse_avc_sps(SpsWords{.height_mbs = 6, .frames_only = false, .crop_bottom = 0}.nal());
  ASSERT_TRUE(fields);
  EXPECT_FALSE(fields->frames_only);
  EXPECT_EQ(fields->height, 192U);
  EXPECT_EQ(fields->macroblocks, 240U);
  for (const std::uint32_t type : {1U, 2U}) {
    const auto baseline = parse_avc_sps(SpsWords{.profile = 66, .order_type = type}.nal());
    ASSERT_TRUE(baseline);
    EXPECT_EQ(baseline->chroma_format, 1U);
    EXPECT_EQ(baseline->order_type, type);
    EXPECT_EQ(baseline->reference_frames, 3U);
    EXPECT_EQ(baseline->height, 180U);
  }
}

TEST(AvcSps, what_the_standard_does_not_allow_is_refused) {
  EXPECT_TRUE(parse_avc_sps(SpsWords{.id = kMaxAvcSpsId}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.id = kMaxAvcSpsId + 1}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.frame_number_bits = 17}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.order_bits = 17}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.order_type = 3}.nal()));
}

TEST(AvcSps, counters_that_wrap_around_32_bits_are_refused) {
  // 0xFFFFFFFC + 4 = 0, + 8 = 4.
  for (const std::uint32_t written : {0xFFFFFFFCU, 0xFFFFFFFEU}) {
    EXPECT_FALSE(parse_avc_sps(SpsWords{.frame_number_bits = written + 4}.nal()));
    EXPECT_FALSE(parse_avc_sps(SpsWords{.order_bits = written + 4}.nal()));
  }
}

TEST(AvcSps, cropping_hides_no_impossible_picture) {
  const std::uint32_t most = kMaxPictureSide / 16;
  EXPECT_TRUE(parse_avc_sps(SpsWords{.width_mbs = most, .height_mbs = most}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.width_mbs = most + 1, .crop_right = 8}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.height_mbs = most + 1, .crop_bottom = 8}.nal()));
  const std::uint32_t wide = 1U << 28;  // 2^32 pixels
  EXPECT_FALSE(
      parse_avc_sps(SpsWords{.width_mbs = wide, .height_mbs = wide, .crop_right = (wide - 1) * 8}.nal()));
  EXPECT_TRUE(parse_avc_sps(SpsWords{.crop_right = 159}.nal()));
  EXPECT_FALSE(parse_avc_sps(SpsWords{.crop_right = 160}.nal()));  // nothing left
}

TEST(AvcPps, everything_a_slice_header_depends_on_is_read) {
  for (int bit = 0; bit < 5; ++bit) {
    const PpsWords words{.id = kMaxAvcPpsId,
                         .sps_id = kMaxAvcSpsId,
                         .cabac = bit == 0,
                         .bottom_order_present = bit == 1,
                         .weighted_prediction = bit == 2,
                         .initial_qp = 10 + 8 * bit,
                         .deblocking_control_present = bit == 3,
                         .redundant_count_present = bit == 4};
    const auto pps = parse_avc_pps(words.nal());
    ASSERT_TRUE(pps);
    EXPECT_EQ(pps->id, 255U);
    EXPECT_EQ(pps->sps_id, 31U);
    EXPECT_EQ(pps->slice_groups, 1U);
    EXPECT_EQ(pps->cabac, bit == 0);
    EXPECT_EQ(pps->bottom_order_present, bit == 1);
    EXPECT_EQ(pps->weighted_prediction, bit == 2);
    EXPECT_EQ(pps->initial_qp, 10 + 8 * bit);
    EXPECT_EQ(pps->deblocking_control_present, bit == 3);
    EXPECT_EQ(pps->redundant_count_present, bit == 4);
  }
  EXPECT_EQ(parse_avc_pps(PpsWords{.slice_groups = 3}.nal())->slice_groups, 3U);
  EXPECT_FALSE(parse_avc_pps(PpsWords{.id = kMaxAvcPpsId + 1}.nal()));
  EXPECT_FALSE(parse_avc_pps(PpsWords{.sps_id = kMaxAvcSpsId + 1}.nal()));
}

// Of exactly its size on the heap, so that ASan sees every byte that is read beyond.
Bytes cut(const Bytes& whole, std::size_t size) {
  Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  part.shrink_to_fit();
  return part;
}

TEST(AvcParameters, cut_and_other_units_are_refused) {
  const Bytes sps = SpsWords{}.nal();
  const Bytes pps = PpsWords{}.nal();
  // The last byte may hold no more than the trailing bits.
  for (std::size_t size = 0; size + 1 < sps.size(); ++size)
    EXPECT_FALSE(parse_avc_sps(cut(sps, size))) << size;
  for (std::size_t size = 0; size + 1 < pps.size(); ++size)
    EXPECT_FALSE(parse_avc_pps(cut(pps, size))) << size;
  EXPECT_FALSE(parse_avc_sps(pps));
  EXPECT_FALSE(parse_avc_pps(sps));
}

TEST(AvcParameters, damaged_units_stay_within_bounds) {
  const Bytes good = SpsWords{.order_type = 1}.nal();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 0x80U >> bit % 8);
    const auto sps = parse_avc_sps(bad);
    if (!sps) continue;
    EXPECT_LE(sps->width, kMaxPictureSide);
    EXPECT_LE(sps->macroblocks, std::uint64_t{kMaxPictureSide} * kMaxPictureSide / 256);
    EXPECT_LE(sps->frame_number_bits, 16U);
    EXPECT_LE(sps->order_bits, 16U);
  }
}

TEST(AvcParameters, record_gives_all_units_as_views_into_it) {
  const Bytes sps = SpsWords{}.nal();
  const Bytes other_sps = SpsWords{.id = 1}.nal();
  const Bytes pps = PpsWords{}.nal();
  const Bytes record = avc_record({sps, other_sps}, {pps});
  const auto sets = avc_parameter_sets(record);
  ASSERT_TRUE(sets);
  ASSERT_EQ(sets->sps.size(), 2U);
  ASSERT_EQ(sets->pps.size(), 1U);
  EXPECT_TRUE(std::ranges::equal(sets->sps[0], sps));
  EXPECT_TRUE(std::ranges::equal(sets->sps[1], other_sps));
  EXPECT_TRUE(std::ranges::equal(sets->pps[0], pps));
  EXPECT_GE(sets->pps[0].data(), record.data());
  EXPECT_LE(sets->pps[0].data() + sets->pps[0].size(), record.data() + record.size());
}

TEST(AvcParameters, cut_record_gives_what_is_whole) {
  const Bytes sps = SpsWords{}.nal();
  const Bytes pps = PpsWords{}.nal();
  const Bytes record = avc_record({sps}, {pps});
  for (std::size_t size = 0; size < record.size(); ++size) {
    const Bytes part = cut(record, size);
    const auto sets = avc_parameter_sets(part);
    ASSERT_EQ(sets.has_value(), size >= 6) << size;
    if (!sets) continue;
    EXPECT_EQ(sets->sps.size(), size >= 8 + sps.size() ? 1U : 0U);
    EXPECT_TRUE(sets->pps.empty());
  }
  Bytes other = record;
  other[0] = 0;
  EXPECT_FALSE(avc_parameter_sets(other));
}

}  // namespace
}  // namespace sluice::media
