// AMF0 (Adobe AMF 0 specification): the values inside commands and metadata. Used by ingest and relays.
//
// Reading is bounded by limits.hpp (depth, count) and by the bytes there are: no length field is believed
// before the bytes are seen. Typed objects (0x10) and AMF3 (0x11) are refused for good: they are where other
// implementations had their holes, and no publisher needs them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace sluice::rtmp::amf0 {

struct Value;
struct Property;
struct Undefined {
  bool operator==(const Undefined&) const = default;
};
struct Null {
  bool operator==(const Null&) const = default;
};
struct Date {
  double unix_ms = 0;
  bool operator==(const Date&) const = default;
};
// Objects and ECMA arrays alike: peers use them interchangeably, and the array's count is often wrong.
struct Object {
  std::vector<Property> properties;
  const Value* find(std::string_view name) const;  // the first of that name
  // nullopt: no such property, or of another type.
  std::optional<std::string_view> string(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  bool operator==(const Object&) const;
};
struct StrictArray {
  std::vector<Value> values;
  bool operator==(const StrictArray&) const;
};

struct Value {
  std::variant<Undefined, Null, bool, double, std::string, Date, Object, StrictArray> held;

  const std::string* string() const { return std::get_if<std::string>(&held); }
  const double* number() const { return std::get_if<double>(&held); }
  const Object* object() const { return std::get_if<Object>(&held); }
  bool is_nothing() const { return held.index() <= 1; }  // null or undefined
  bool operator==(const Value&) const;
};

struct Property {
  std::string name;
  Value value;
  bool operator==(const Property&) const = default;
};

enum class Error : std::uint8_t {
  kTruncated,      // the bytes end inside a value
  kTooDeep,        // more than kMaxAmfDepth objects inside each other
  kTooManyValues,  // more than kMaxAmfValues
  kUnsupported,    // a marker that is unknown or refused
};
std::string_view sentence(Error error);

// Values from the front of one message.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  // An object that lacks its end marker because the bytes end is complete: Envivio encoders send that.
  std::expected<Value, Error> next();

 private:
  std::expected<Value, Error> value(int depth);
  std::expected<Value, Error> object(int depth);
  std::expected<Value, Error> strict_array(int depth);
  std::expected<std::string, Error> text(std::size_t length_width);
  std::expected<double, Error> number();
  bool take(std::size_t count, ByteView& taken);

  ByteView rest_;
  std::size_t values_ = 0;
};

// Converts what peers send as ids and sizes. nullopt for NaN, negative, fractional above range, infinite.
std::optional<std::uint32_t> to_u32(double number);

// Writing. Objects: begin_object, then key and value in turn, then end_object.
void put_number(Bytes& out, double number);
void put_bool(Bytes& out, bool flag);
void put_null(Bytes& out);
void put_undefined(Bytes& out);
void put_string(Bytes& out, std::string_view text);
void begin_object(Bytes& out);
void begin_ecma_array(Bytes& out, std::uint32_t count);
void put_key(Bytes& out, std::string_view key);  // REQUIRES: key.size() <= 65535
void end_object(Bytes& out);
void begin_strict_array(Bytes& out, std::uint32_t count);  // then `count` values, and no end

}  // namespace sluice::rtmp::amf0
