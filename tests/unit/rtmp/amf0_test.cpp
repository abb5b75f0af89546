// AMF0 values, whole, cut short and hostile.
#include "rtmp/amf0.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rtmp/command.hpp"
#include "rtmp/limits.hpp"

namespace sluice::rtmp::amf0 {
namespace {

Bytes sample() {
  Bytes out;
  put_number(out, 12.5);
  put_bool(out, true);
  put_string(out, "text");
  put_string(out, std::string(70'000, 'x'));
  put_null(out);
  put_undefined(out);
  begin_ecma_array(out, 0xFFFFFFFF);  // the count is a hint, and often wrong
  put_key(out, "inner");
  begin_object(out);
  put_key(out, "");
  put_number(out, 1);
  end_object(out);
  end_object(out);
  append(out, Bytes{0x0A, 0, 0, 0, 2, 0x05, 0x01, 0x00});  // strict array [null, false]
  append(out, Bytes{0x0B, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});  // date
  append(out, Bytes{0x0F, 0, 0, 0, 1, 'x', 0x0D});         // XML, unsupported
  return out;
}

std::expected<std::vector<Value>, Error> read_all(ByteView bytes) {
  Reader reader(bytes);
  std::vector<Value> values;
  while (!reader.at_end()) {
    auto value = reader.next();
    if (!value) return std::unexpected(value.error());
    values.push_back(std::move(*value));
  }
  return values;
}

TEST(Amf0, every_type_is_read) {
  const auto values = read_all(sample());
  ASSERT_TRUE(values);
  ASSERT_EQ(values->size(), 11U);
  const auto& v = *values;
  EXPECT_EQ(*v[0].number(), 12.5);
  EXPECT_EQ(std::get<bool>(v[1].held), true);
  EXPECT_EQ(*v[2].string(), "text");
  EXPECT_EQ(v[3].string()->size(), 70'000U);
  EXPECT_TRUE(v[4].is_nothing());
  EXPECT_TRUE(v[5].is_nothing());
  EXPECT_EQ(v[6].object()->find("inner")->object()->number(""), 1);
  EXPECT_EQ(std::get<StrictArray>(v[7].held).values.size(), 2U);
  EXPECT_EQ(std::get<Date>(v[8].held).unix_ms, 0);
  EXPECT_EQ(*v[9].string(), "x");
  EXPECT_EQ(v[6].object()->string("inner"), std::nullopt);
}

TEST(Amf0, cut_anywhere_it_ends_without_reading_on) {
  Bytes bytes;
  put_string(bytes, "connect");
  begin_object(bytes);
  put_key(bytes, "app");
  put_string(bytes, "live");
  end_object(bytes);
  append(bytes, Bytes{0x0A, 0, 0, 0, 2, 0x05, 0x01, 0x00, 0x0B, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));  // ASan sees its end
    const auto values = read_all(exact);
    if (!values) {
      EXPECT_EQ(values.error(), Error::kTruncated);
    }
  }
}

TEST(Amf0, object_without_end_marker_is_complete_where_the_bytes_end) {
  Bytes bytes;
  begin_object(bytes);
  put_key(bytes, "app");
  put_string(bytes, "live");
  const auto values = read_all(bytes);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at(0).object()->string("app"), "live");
}

TEST(Amf0, typed_objects_and_amf3_are_refused) {
  for (const std::uint8_t marker : Bytes{0x10, 0x11, 0x04, 0x07, 0x0E, 0x12, 0xFF}) {
    EXPECT_EQ(read_all(Bytes{marker, 0, 1, 'x', 0, 0, 9}).error(), Error::kUnsupported);
  }
}

TEST(Amf0, nesting_is_taken_to_the_limit_and_not_beyond) {
  const auto nested = [](int depth) {
    Bytes bytes;
    for (int i = 0; i < depth; ++i) append(bytes, Bytes{0x0A, 0, 0, 0, 1});
    put_null(bytes);
    return bytes;
  };
  EXPECT_TRUE(read_all(nested(kMaxAmfDepth)));
  EXPECT_EQ(read_all(nested(kMaxAmfDepth + 1)).error(), Error::kTooDeep);
  EXPECT_EQ(read_all(nested(3'000'000)).error(), Error::kTooDeep);
}

TEST(Amf0, values_are_counted_to_the_limit_and_not_beyond) {
  EXPECT_TRUE(read_all(Bytes(kMaxAmfValues, 0x05)));
  EXPECT_EQ(read_all(Bytes(kMaxAmfValues + 1, 0x05)).error(), Error::kTooManyValues);
}

TEST(Amf0, lengths_and_counts_that_lie_cost_nothing) {
  EXPECT_EQ(read_all(Bytes{0x0A, 0xFF, 0xFF, 0xFF, 0xFF}).error(), Error::kTruncated);
  EXPECT_EQ(read_all(Bytes{0x0C, 0xFF, 0xFF, 0xFF, 0xFF, 'x'}).error(), Error::kTruncated);
  EXPECT_EQ(read_all(Bytes{0x02, 0xFF, 0xFF, 'x'}).error(), Error::kTruncated);
}

TEST(Amf0, only_numbers_that_fit_become_ids) {
  EXPECT_EQ(to_u32(0), 0U);
  EXPECT_EQ(to_u32(4294967295.0), 4294967295U);
  for (const double bad :
       {-1.0, 4294967296.0, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(to_u32(bad), std::nullopt);
  }
}

TEST(Command, what_stands_before_a_broken_value_is_kept) {
  Bytes bytes = begin_command("_result", 4);
  put_null(bytes);
  append(bytes, Bytes{0x11});
  const auto command = parse_command(kCommand, bytes);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->transaction, 4);
  EXPECT_EQ(command->values.size(), 1U);
  EXPECT_FALSE(command->complete);
}

}  // namespace
}  // namespace sluice::rtmp::amf0
