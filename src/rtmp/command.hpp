// RTMP commands: a name, a transaction id, values (spec 7.2). Used by ingest and relays.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "rtmp/amf0.hpp"
#include "rtmp/message_type.hpp"

namespace sluice::rtmp {

struct Command {
  std::string name;
  double transaction = 0;           // 0 where it is missing or no number
  std::vector<amf0::Value> values;  // what follows: the command object first
  bool complete = true;             // false: the values end where the bytes could not be decoded

  // nullptr: no such value.
  const amf0::Value* value(std::size_t index) const {
    return index < values.size() ? &values[index] : nullptr;
  }
};

// nullopt: not even a name. `type` is kCommand or kAmf3Command (one format byte, then AMF0).
std::optional<Command> parse_command(std::uint8_t type, ByteView payload);

// Without the format byte that AMF3 messages begin with.
ByteView amf0_part(std::uint8_t type, ByteView payload);

// The beginning of a command; its values follow by the put functions of amf0.
Bytes begin_command(std::string_view name, double transaction);
// An info object: level, code, description.
void put_info(Bytes& out, std::string_view level, std::string_view code, std::string_view description);
// Complete onStatus payload.
Bytes status_command(std::string_view level, std::string_view code, std::string_view description);

}  // namespace sluice::rtmp
