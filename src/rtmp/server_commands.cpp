// One incoming connection: its commands and our answers. Runs in the ingest.
#include <algorithm>
#include <utility>

#include "rtmp/server_machine.hpp"

namespace sluice::rtmp {
namespace {

// ffmpeg publishers copy this size for what they send us, players get it too: large, so that a frame is few
// chunks, but bounded, so that interleaving by other clients stays possible.
constexpr std::uint32_t kOurChunkBytes = 65536;
constexpr std::uint32_t kOurWindowBytes = 2'500'000;
constexpr std::uint8_t kDynamicLimit = 2;
constexpr std::size_t kMaxSoftwareBytes = 256;

// E-RTMP v2: 4 = we forward that codec without decoding it; Multitrack, ModEx, TimestampNanoOffset.
constexpr double kCanForward = 4;
constexpr double kCapabilities = 2 | 4 | 8;

std::string text_of(const amf0::Object& object, std::string_view name) {
  return std::string(object.string(name).value_or(std::string_view{}));
}

bool speaks_enhanced(const amf0::Object& object) {
  constexpr std::array<std::string_view, 4> fields{"fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap",
                                                   "capsEx"};
  return std::ranges::any_of(fields, [&](std::string_view name) { return object.find(name) != nullptr; });
}

void put_forward_map(Bytes& out, std::string_view key) {
  amf0::put_key(out, key);
  amf0::begin_object(out);
  amf0::put_key(out, "*");
  amf0::put_number(out, kCanForward);
  amf0::end_object(out);
}

}  // namespace

ServerMachine::Handler ServerMachine::handler_of(std::string_view name) {
  using M = ServerMachine;
  constexpr std::array<std::pair<std::string_view, Handler>, 19> handlers{{
      {"connect", &M::on_connect},
      {"createStream", &M::on_create_stream},
      {"publish", &M::on_publish},
      {"play", &M::on_play},
      {"releaseStream", &M::on_harmless},
      {"FCPublish", &M::on_fc_publish},
      {"FCUnpublish", &M::on_fc_unpublish},
      {"deleteStream", &M::on_delete_stream},
      {"closeStream", &M::on_close_stream},
      {"getStreamLength", &M::on_get_stream_length},
      {"FCSubscribe", &M::on_harmless},
      {"FCUnsubscribe", &M::on_harmless},
      {"_checkbw", &M::on_harmless},
      {"_result", &M::on_ignored},
      {"_error", &M::on_ignored},
      {"onStatus", &M::on_ignored},
      {"onBWDone", &M::on_ignored},
      {"close", &M::on_ignored},
      {"pause", &M::on_ignored},
  }};
  for (const auto& [known, handler] : handlers) {
    if (known == name) return handler;
  }
  return &M::on_unknown;
}

Outcome ServerMachine::on_command(const IncomingMessage& message) {
  const auto command = parse_command(message.type, message.payload);
  if (!command || !command->complete) return std::unexpected(ProtocolError::kBadCommand);
  return (this->*handler_of(command->name))(*command, message.stream_id);
}

Outcome ServerMachine::on_connect(const Command& command, std::uint32_t) {
  if (connected_) return std::unexpected(ProtocolError::kUnexpectedCommand);
  const amf0::Value* first = command.value(0);
  const amf0::Object* object = first == nullptr ? nullptr : first->object();
  if (object == nullptr) return std::unexpected(ProtocolError::kBadCommand);
  request_.app = text_of(*object, "app");
  request_.tc_url = text_of(*object, object->find("tcUrl") != nullptr ? "tcUrl" : "tcurl");
  request_.software = text_of(*object, object->find("flashVer") != nullptr ? "flashVer" : "encoder");
  if (request_.app.size() > kMaxNameBytes || request_.tc_url.size() > kMaxTcUrlBytes) {
    return std::unexpected(ProtocolError::kNameTooLong);
  }
  request_.software.resize(std::min(request_.software.size(), kMaxSoftwareBytes));
  connected_ = true;

  send_control(kWindowAckSize, {kOurWindowBytes >> 24 & 0xFF, kOurWindowBytes >> 16 & 0xFF,
                                kOurWindowBytes >> 8 & 0xFF, kOurWindowBytes & 0xFF});
  send_control(kSetPeerBandwidth, {kOurWindowBytes >> 24 & 0xFF, kOurWindowBytes >> 16 & 0xFF,
                                   kOurWindowBytes >> 8 & 0xFF, kOurWindowBytes & 0xFF, kDynamicLimit});
  writer_.set_chunk_size(out_, kOurChunkBytes);
  send_connect_result(command.transaction, speaks_enhanced(*object));
  return {};
}

void ServerMachine::send_connect_result(double transaction, bool enhanced) {
  Bytes out = begin_command("_result", transaction);
  amf0::begin_object(out);
  amf0::put_key(out, "fmsVer");
  amf0::put_string(out, "FMS/3,0,1,123");
  amf0::put_key(out, "capabilities");
  amf0::put_number(out, 31);
  amf0::end_object(out);
  amf0::begin_object(out);
  amf0::put_key(out, "level");
  amf0::put_string(out, "status");
  amf0::put_key(out, "code");
  amf0::put_string(out, "NetConnection.Connect.Success");
  amf0::put_key(out, "description");
  amf0::put_string(out, "Connection succeeded.");
  amf0::put_key(out, "objectEncoding");
  amf0::put_number(out, 0);
  if (enhanced) {
    put_forward_map(out, "videoFourCcInfoMap");
    put_forward_map(out, "audioFourCcInfoMap");
    amf0::put_key(out, "capsEx");
    amf0::put_number(out, kCapabilities);
  }
  amf0::end_object(out);
  send_command(kCommandChunkStream, 0, out);
}

Outcome ServerMachine::on_create_stream(const Command& command, std::uint32_t) {
  if (!connected_) return std::unexpected(ProtocolError::kUnexpectedCommand);
  if (live_streams_.all()) return std::unexpected(ProtocolError::kTooManyStreams);
  std::size_t free = 0;
  while (live_streams_.test(free)) ++free;
  live_streams_.set(free);
  Bytes out = begin_command("_result", command.transaction);
  amf0::put_null(out);
  amf0::put_number(out, static_cast<double>(free + 1));
  reply(out);
  return {};
}

Outcome ServerMachine::on_publish(const Command& command, std::uint32_t stream_id) {
  return ask(command, stream_id, Phase::kPublishAsked);
}

Outcome ServerMachine::on_play(const Command& command, std::uint32_t stream_id) {
  return ask(command, stream_id, Phase::kPlayAsked);
}

Outcome ServerMachine::ask(const Command& command, std::uint32_t stream_id, Phase phase) {
  if (!connected_ || phase_ != Phase::kSetup) return std::unexpected(ProtocolError::kUnexpectedCommand);
  const amf0::Value* name = command.value(1);
  const bool absent = name == nullptr || name->is_nothing();  // the empty name, in some clients' words
  if (!absent && name->string() == nullptr) return std::unexpected(ProtocolError::kBadCommand);
  std::string key = absent ? std::string() : *name->string();
  stream_id_ = stream_id;
  const bool publish = phase == Phase::kPublishAsked;
  if (key.size() > kMaxNameBytes) {
    send_status("error", publish ? "NetStream.Publish.Denied" : "NetStream.Play.Failed",
                sentence(ProtocolError::kNameTooLong));
    return std::unexpected(ProtocolError::kNameTooLong);
  }
  request_.key = Secret(std::move(key));
  phase_ = phase;
  if (publish) {
    events_.on_publish(request_);
  } else {
    events_.on_play(request_);
  }
  return {};
}

Outcome ServerMachine::on_fc_publish(const Command& command, std::uint32_t) {
  reply_null("_result", command.transaction);
  Bytes out = begin_command("onFCPublish", 0);
  amf0::put_null(out);
  put_info(out, "status", "NetStream.Publish.Start", "FCPublish.");
  reply(out);
  return {};
}

Outcome ServerMachine::on_fc_unpublish(const Command& command, std::uint32_t) {
  reply_null("_result", command.transaction);
  if (publishing()) stop_stream();
  return {};
}

Outcome ServerMachine::on_delete_stream(const Command& command, std::uint32_t) {
  const amf0::Value* which = command.value(1);
  const double* number = which == nullptr ? nullptr : which->number();
  // GStreamer sends the name instead of the number; it can only mean the stream in use.
  const auto id = number == nullptr ? std::optional(stream_id_) : amf0::to_u32(*number);
  if (!id) return {};
  if (*id >= 1 && *id <= kMaxMessageStreams) live_streams_.reset(*id - 1);
  if (*id == stream_id_) stop_stream();
  return {};
}

Outcome ServerMachine::on_close_stream(const Command&, std::uint32_t stream_id) {
  if (stream_id == stream_id_ || stream_id == 0) stop_stream();
  return {};
}

// The user stopped. The connection stays open: OBS and others may publish again on it.
void ServerMachine::stop_stream() {
  if (publishing()) {
    phase_ = Phase::kSetup;
    setup_since_ = now_;
    reply(status_command("status", "NetStream.Unpublish.Success", "Publishing has stopped."), stream_id_);
    events_.on_unpublish();
  } else if (playing()) {
    phase_ = Phase::kSetup;
    setup_since_ = now_;
    events_.on_play_stop();
  }
}

Outcome ServerMachine::on_get_stream_length(const Command& command, std::uint32_t) {
  if (command.transaction == 0) return {};
  Bytes out = begin_command("_result", command.transaction);
  amf0::put_null(out);
  amf0::put_number(out, 0);  // live
  reply(out);
  return {};
}

Outcome ServerMachine::on_harmless(const Command& command, std::uint32_t) {
  reply_null("_result", command.transaction);
  return {};
}

Outcome ServerMachine::on_ignored(const Command&, std::uint32_t) {
  return {};
}

Outcome ServerMachine::on_unknown(const Command& command, std::uint32_t) {
  reply_null("_error", command.transaction);
  return {};
}

void ServerMachine::send_control(std::uint8_t type, std::initializer_list<std::uint8_t> payload) {
  writer_.write_absolute(out_, {.type = type, .payload = ByteView(payload.begin(), payload.size())});
}

void ServerMachine::send_user_control(std::uint16_t event, std::uint32_t value) {
  Bytes payload;
  append_be16(payload, event);
  append_be32(payload, value);
  writer_.write_absolute(out_, {.type = kUserControl, .payload = payload});
}

void ServerMachine::send_command(std::uint8_t chunk_stream, std::uint32_t stream_id, ByteView payload) {
  writer_.write_absolute(
      out_, {.chunk_stream = chunk_stream, .type = kCommand, .stream_id = stream_id, .payload = payload});
}

void ServerMachine::send_status(std::string_view level, std::string_view code, std::string_view description) {
  send_command(kStreamCommandChunkStream, stream_id_, status_command(level, code, description));
}

void ServerMachine::reply(ByteView payload, std::uint32_t stream_id) {
  constexpr std::size_t kHeaderBytes = 12;
  if (!budget_.allows(received_, payload.size() + kHeaderBytes)) return;
  send_command(stream_id == 0 ? kCommandChunkStream : kStreamCommandChunkStream, stream_id, payload);
}

// A peer that gave no transaction id does not want an answer.
void ServerMachine::reply_null(std::string_view name, double transaction) {
  if (transaction == 0) return;
  Bytes out = begin_command(name, transaction);
  amf0::put_null(out);
  amf0::put_undefined(out);
  reply(out);
}

}  // namespace sluice::rtmp
