// Values of control messages. Manager and workers.
#include "control/values.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "control/limits.hpp"

namespace sluice::control {
namespace {

constexpr std::array kStates = {StreamState::kOff,    StreamState::kWaiting, StreamState::kConnecting,
                                StreamState::kLive,   StreamState::kHolding, StreamState::kRetrying,
                                StreamState::kRefused};
constexpr std::string_view kHexDigits = "0123456789abcdef";

template <typename Integer>
bool read_integer(const Json& json, Integer& value) {
  if (json.is_number_unsigned()) {
    const auto number = json.get<std::uint64_t>();
    if (!std::in_range<Integer>(number)) return false;
    value = static_cast<Integer>(number);
    return true;
  }
  if (!json.is_number_integer()) return false;
  const auto number = json.get<std::int64_t>();
  if (!std::in_range<Integer>(number)) return false;
  value = static_cast<Integer>(number);
  return true;
}

bool read_params(const Json& json, Reason& reason) {
  if (!json.is_array() || json.size() > kMaxReasonParams) return false;
  for (const Json& pair : json) {
    if (!pair.is_array() || pair.size() != 2) return false;
    auto& [name, value] = reason.params.emplace_back();
    if (!read_text(pair[0], name, kMaxTextBytes) || !read_text(pair[1], value, kMaxTextBytes)) return false;
  }
  return true;
}

}  // namespace

Json write_text(const std::string& text, std::size_t limit) {
  return text.substr(0, limit);
}

bool read_text(const Json& json, std::string& text, std::size_t limit) {
  const auto* value = json.get_ptr<const std::string*>();
  if (value == nullptr || value->size() > limit) return false;
  text = *value;
  return true;
}

Json write_bytes(std::string_view bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kHexDigits[byte >> 4U]);
    hex.push_back(kHexDigits[byte & 15U]);
  }
  return hex;
}

bool read_bytes(const Json& json, std::string& bytes, std::size_t limit) {
  const auto* hex = json.get_ptr<const std::string*>();
  if (hex == nullptr || hex->size() % 2 != 0 || hex->size() / 2 > limit) return false;
  bytes.clear();
  bytes.reserve(hex->size() / 2);
  for (std::size_t i = 0; i < hex->size(); i += 2) {
    const auto high = kHexDigits.find((*hex)[i]);
    const auto low = kHexDigits.find((*hex)[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes.push_back(static_cast<char>(high << 4U | low));
  }
  return true;
}

bool read(const Json& json, bool& value) {
  if (!json.is_boolean()) return false;
  value = json.get<bool>();
  return true;
}

bool read(const Json& json, std::optional<bool>& value) {
  value.reset();
  return json.is_null() || read(json, value.emplace());
}
bool read(const Json& json, int& value) {
  return read_integer(json, value);
}
bool read(const Json& json, std::int64_t& value) {
  return read_integer(json, value);
}
bool read(const Json& json, std::uint64_t& value) {
  return read_integer(json, value);
}

bool read(const Json& json, double& value) {
  if (!json.is_number()) return false;
  value = json.get<double>();
  return std::isfinite(value);
}

bool read(const Json& json, StreamState& value) {
  const auto* name = json.get_ptr<const std::string*>();
  if (name == nullptr) return false;
  for (const StreamState state : kStates) {
    if (to_string(state) == *name) {
      value = state;
      return true;
    }
  }
  return false;
}

bool read(const Json& json, std::optional<Reason>& value) {
  value.reset();
  if (json.is_null()) return true;
  if (!json.is_object()) return false;
  const auto code = json.find("code");
  const auto text = json.find("text");
  const auto params = json.find("params");
  if (code == json.end() || text == json.end() || params == json.end()) return false;
  Reason reason;
  if (!read_text(*code, reason.code, kMaxTextBytes) || !read_text(*text, reason.text, kMaxTextBytes) ||
      !read_params(*params, reason)) {
    return false;
  }
  value = std::move(reason);
  return true;
}

Json write(double value) {
  return std::isfinite(value) ? value : 0.0;
}
Json write(StreamState value) {
  return to_string(value);
}

Json write(const std::optional<Reason>& value) {
  if (!value) return nullptr;
  Json params = Json::array();
  for (const auto& [name, text] : value->params) {
    if (params.size() == kMaxReasonParams) break;
    params.push_back(Json::array({write_text(name, kMaxTextBytes), write_text(text, kMaxTextBytes)}));
  }
  return {{"code", write_text(value->code, kMaxTextBytes)},
          {"text", write_text(value->text, kMaxTextBytes)},
          {"params", std::move(params)}};
}

}  // namespace sluice::control
