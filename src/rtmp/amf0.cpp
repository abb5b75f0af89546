// AMF0 reader and writer. Runs in ingest and relays.
#include "rtmp/amf0.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "rtmp/limits.hpp"

namespace sluice::rtmp::amf0 {
namespace {

enum Marker : std::uint8_t {
  kNumber = 0x00,
  kBoolean = 0x01,
  kString = 0x02,
  kObject = 0x03,
  kNull = 0x05,
  kUndefined = 0x06,
  kEcmaArray = 0x08,
  kObjectEnd = 0x09,
  kStrictArray = 0x0A,
  kDate = 0x0B,
  kLongString = 0x0C,
  kUnsupportedValue = 0x0D,
  kXml = 0x0F,
};

constexpr std::size_t kShortLength = 2;
constexpr std::size_t kLongLength = 4;

template <typename T>
std::expected<Value, Error> wrap(std::expected<T, Error> held) {
  if (!held) return std::unexpected(held.error());
  return Value{std::move(*held)};
}

}  // namespace

std::string_view sentence(Error error) {
  switch (error) {
    case Error::kTruncated:
      return "The data ends inside a value.";
    case Error::kTooDeep:
      return "The data is nested too deeply.";
    case Error::kTooManyValues:
      return "The data holds too many values.";
    case Error::kUnsupported:
      return "The data holds a value of an unknown or refused type.";
  }
  return "Unknown data error.";
}

const Value* Object::find(std::string_view name) const {
  for (const Property& property : properties) {
    if (property.name == name) return &property.value;
  }
  return nullptr;
}

std::optional<std::string_view> Object::string(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr || value->string() == nullptr) return std::nullopt;
  return *value->string();
}

std::optional<double> Object::number(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr || value->number() == nullptr) return std::nullopt;
  return *value->number();
}

bool Object::operator==(const Object&) const = default;
bool StrictArray::operator==(const StrictArray&) const = default;
bool Value::operator==(const Value&) const = default;

bool Reader::take(std::size_t count, ByteView& taken) {
  if (count > rest_.size()) return false;
  taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return true;
}

std::expected<Value, Error> Reader::next() {
  return value(0);
}

std::expected<std::string, Error> Reader::text(std::size_t length_width) {
  ByteView field;
  if (!take(length_width, field)) return std::unexpected(Error::kTruncated);
  const std::size_t length = length_width == kShortLength ? load_be16(field.data()) : load_be32(field.data());
  if (!take(length, field)) return std::unexpected(Error::kTruncated);
  return std::string(as_text(field));
}

std::expected<double, Error> Reader::number() {
  ByteView field;
  if (!take(8, field)) return std::unexpected(Error::kTruncated);
  return std::bit_cast<double>(load_be64(field.data()));
}

std::expected<Value, Error> Reader::object(int depth) {
  constexpr std::string_view kEnd{"\x00\x00\x09", 3};
  Object object;
  while (!rest_.empty()) {
    if (as_text(rest_).starts_with(kEnd)) {
      rest_ = rest_.subspan(kEnd.size());
      break;
    }
    auto key = text(kShortLength);
    if (!key) return std::unexpected(key.error());
    auto property = value(depth + 1);
    if (!property) return property;
    object.properties.push_back({std::move(*key), std::move(*property)});
  }
  return Value{std::move(object)};
}

std::expected<Value, Error> Reader::strict_array(int depth) {
  ByteView field;
  if (!take(4, field)) return std::unexpected(Error::kTruncated);
  StrictArray array;
  for (std::uint32_t left = load_be32(field.data()); left > 0; --left) {
    auto element = value(depth + 1);  // fails at once when the bytes end: the count alone costs nothing
    if (!element) return element;
    array.values.push_back(std::move(*element));
  }
  return Value{std::move(array)};
}

std::expected<Value, Error> Reader::value(int depth) {
  if (depth > kMaxAmfDepth) return std::unexpected(Error::kTooDeep);
  if (++values_ > kMaxAmfValues) return std::unexpected(Error::kTooManyValues);
  ByteView field;
  if (!take(1, field)) return std::unexpected(Error::kTruncated);
  switch (field[0]) {
    case kNumber:
      return wrap(number());
    case kBoolean:
      if (!take(1, field)) return std::unexpected(Error::kTruncated);
      return Value{field[0] != 0};
    case kString:
      return wrap(text(kShortLength));
    case kLongString:
    case kXml:
      return wrap(text(kLongLength));
    case kNull:
      return Value{Null{}};
    case kUndefined:
    case kUnsupportedValue:
      return Value{Undefined{}};
    case kEcmaArray:
      if (!take(4, field)) return std::unexpected(Error::kTruncated);
      return object(depth);
    case kObject:
      return object(depth);
    case kStrictArray:
      return strict_array(depth);
    case kDate: {
      const auto time = number();
      if (!time || !take(2, field)) return std::unexpected(Error::kTruncated);
      return Value{Date{*time}};
    }
    default:
      return std::unexpected(Error::kUnsupported);
  }
}

std::optional<std::uint32_t> to_u32(double number) {
  // The comparison is false for NaN.
  const bool fits = number >= 0 && number <= std::numeric_limits<std::uint32_t>::max();
  return fits ? std::optional(static_cast<std::uint32_t>(number)) : std::nullopt;
}

void put_number(Bytes& out, double number) {
  append_u8(out, kNumber);
  append_be64(out, std::bit_cast<std::uint64_t>(number));
}

void put_bool(Bytes& out, bool flag) {
  append_u8(out, kBoolean);
  append_u8(out, flag ? 1 : 0);
}

void put_null(Bytes& out) {
  append_u8(out, kNull);
}

void put_undefined(Bytes& out) {
  append_u8(out, kUndefined);
}

void put_string(Bytes& out, std::string_view text) {
  if (text.size() <= 0xFFFF) {
    append_u8(out, kString);
    append_be16(out, static_cast<std::uint16_t>(text.size()));
  } else {
    append_u8(out, kLongString);
    append_be32(out, static_cast<std::uint32_t>(text.size()));
  }
  append(out, as_bytes(text));
}

void begin_object(Bytes& out) {
  append_u8(out, kObject);
}

void begin_ecma_array(Bytes& out, std::uint32_t count) {
  append_u8(out, kEcmaArray);
  append_be32(out, count);
}

void begin_strict_array(Bytes& out, std::uint32_t count) {
  append_u8(out, kStrictArray);
  append_be32(out, count);
}

void put_key(Bytes& out, std::string_view key) {
  SLUICE_CHECK(key.size() <= 0xFFFF);
  append_be16(out, static_cast<std::uint16_t>(key.size()));
  append(out, as_bytes(key));
}

void end_object(Bytes& out) {
  append_be16(out, 0);
  append_u8(out, kObjectEnd);
}

}  // namespace sluice::rtmp::amf0
