// One value of a control message to JSON and back. Used by messages.cpp only.
//
// read() is total: false for a wrong type, a number out of range, a text beyond `limit` bytes.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "control/messages.hpp"

namespace sluice::control {

using Json = nlohmann::json;

// What people read. Cut to `limit` bytes when written: much of it was said by a stranger's encoder, and a
// long-winded one must not cost the ingest its connection to the manager.
Json write_text(const std::string& text, std::size_t limit);
bool read_text(const Json& json, std::string& text, std::size_t limit);

// What must arrive byte for byte and may be no UTF-8: as hexadecimal digits.
Json write_bytes(std::string_view bytes);
bool read_bytes(const Json& json, std::string& bytes, std::size_t limit);

bool read(const Json& json, bool& value);
bool read(const Json& json, std::optional<bool>& value);
bool read(const Json& json, int& value);
bool read(const Json& json, std::int64_t& value);
bool read(const Json& json, std::uint64_t& value);
bool read(const Json& json, double& value);
bool read(const Json& json, StreamState& value);
bool read(const Json& json, std::optional<Reason>& value);

inline Json write(bool value) {
  return value;
}
inline Json write(const std::optional<bool>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json write(int value) {
  return value;
}
inline Json write(std::int64_t value) {
  return value;
}
inline Json write(std::uint64_t value) {
  return value;
}
Json write(double value);  // what is not finite is written as 0
Json write(StreamState value);
Json write(const std::optional<Reason>& value);

}  // namespace sluice::control
