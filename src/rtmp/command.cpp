// Commands in and out of AMF0. Runs in ingest and relays.
#include "rtmp/command.hpp"

namespace sluice::rtmp {

ByteView amf0_part(std::uint8_t type, ByteView payload) {
  const bool amf3 = type == kAmf3Command || type == kAmf3Data;
  return amf3 && !payload.empty() && payload[0] == 0 ? payload.subspan(1) : payload;
}

std::optional<Command> parse_command(std::uint8_t type, ByteView payload) {
  amf0::Reader reader(amf0_part(type, payload));
  auto name = reader.next();
  if (!name || name->string() == nullptr) return std::nullopt;
  Command command;
  command.name = *name->string();
  bool is_transaction = true;
  while (!reader.at_end()) {
    auto value = reader.next();
    if (!value) {
      command.complete = false;
      break;
    }
    if (is_transaction) {
      if (value->number() != nullptr) command.transaction = *value->number();
      is_transaction = false;
    } else {
      command.values.push_back(std::move(*value));
    }
  }
  return command;
}

Bytes begin_command(std::string_view name, double transaction) {
  Bytes out;
  amf0::put_string(out, name);
  amf0::put_number(out, transaction);
  return out;
}

void put_info(Bytes& out, std::string_view level, std::string_view code, std::string_view description) {
  amf0::begin_object(out);
  amf0::put_key(out, "level");
  amf0::put_string(out, level);
  amf0::put_key(out, "code");
  amf0::put_string(out, code);
  amf0::put_key(out, "description");
  amf0::put_string(out, description);
  amf0::end_object(out);
}

Bytes status_command(std::string_view level, std::string_view code, std::string_view description) {
  Bytes out = begin_command("onStatus", 0);
  amf0::put_null(out);
  put_info(out, level, code, description);
  return out;
}

}  // namespace sluice::rtmp
