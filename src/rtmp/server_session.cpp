// One incoming connection: messages, phases, media. Runs in the ingest.
//
// Tolerances towards real clients, each with a test (where no source is named: seen on the wire):
//   - SetChunkSize before connect (OBS); never (librtmp: 128-byte chunks to the end);
//   - createStream as a type 3 chunk (OBS with an empty key);
//   - releaseStream, FCPublish and publish with transaction id 0 (GStreamer), or left out (nginx-rtmp push);
//   - UserControl StreamBegin from the client (nginx-rtmp push);
//   - metadata with or without @setDataFrame, again and again inside the stream (GStreamer);
//   - deleteStream with the name where the number belongs (GStreamer);
//   - no answer to pings, no acknowledgements (OBS, librtmp): neither is ever asked for;
//   - connect object as ECMA array or without its end marker (Envivio, by nginx-rtmp's source);
//   - AMF3 data and commands that hold AMF0 behind one format byte (Flash-based encoders, by SRS's source);
//   - unknown commands, events and message types.
#include "rtmp/server_session.hpp"

#include <utility>

#include "base/check.hpp"
#include "media/inspect.hpp"
#include "rtmp/server_machine.hpp"

namespace sluice::rtmp {

ServerMachine::ServerMachine(ServerEvents& events, Instant now)
    : events_(events), handshake_(now), now_(now), setup_since_(now) {}

Outcome ServerMachine::feed(ByteView bytes, Instant now) {
  if (error_) return std::unexpected(*error_);
  now_ = now;
  received_ += bytes.size();
  if (phase_ == Phase::kEnded) return {};
  Outcome outcome = take(bytes);
  if (outcome) acknowledge();
  if (outcome && phase_ != Phase::kPlaying && out_.size() > kMaxOutputBytesBeforeMedia) {
    outcome = std::unexpected(ProtocolError::kOutputNotRead);
  }
  if (!outcome) error_ = outcome.error();
  return outcome;
}

Outcome ServerMachine::take(ByteView bytes) {
  if (!handshake_.done()) {
    const auto used = handshake_.feed(bytes, out_);
    if (!used) return std::unexpected(used.error());
    bytes = bytes.subspan(*used);
    if (!handshake_.done()) return {};
  }
  if (held_.empty() && !waiting()) return parse(bytes);
  append(held_, bytes);
  if (!waiting()) return parse(std::exchange(held_, {}));
  if (held_.size() > kMaxHeldInputBytes) return std::unexpected(ProtocolError::kTooMuchPartialData);
  return {};
}

Outcome ServerMachine::parse(ByteView bytes) {
  const auto used = reader_.feed(bytes, *this);
  if (!used) return std::unexpected(used.error());
  if (waiting()) append(held_, bytes.subspan(*used));
  return {};
}

void ServerMachine::acknowledge() {
  // Many publishers never read (librtmp, old OBS): what waits already is enough for one that does.
  if (out_.size() > 0) return;
  if (const auto sequence = acks_.due(received_)) {
    const std::uint32_t n = *sequence;
    send_control(kAcknowledgement, {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                                    static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  }
}

Outcome ServerMachine::on_message(const IncomingMessage& message) {
  if (phase_ == Phase::kEnded) return {};
  const ByteView payload = message.payload;
  switch (message.type) {
    case kAudio:
      emit(media::MessageKind::kAudio, message.timestamp_ms, payload);
      return {};
    case kVideo:
      emit(media::MessageKind::kVideo, message.timestamp_ms, payload);
      return {};
    case kData:
    case kAmf3Data:
      on_data(message);
      return {};
    case kAggregate:
      on_aggregate(message);
      return {};
    case kCommand:
    case kAmf3Command:
      return on_command(message);
    case kUserControl:
      return on_user_control(payload);
    case kWindowAckSize:
      if (payload.size() < 4) return std::unexpected(ProtocolError::kBadControlMessage);
      acks_.set_peer_window(load_be32(payload.data()));
      return {};
    case kAcknowledgement:
    case kSetPeerBandwidth:
      if (payload.size() < 4) return std::unexpected(ProtocolError::kBadControlMessage);
      return {};
    default:
      return {};
  }
}

Outcome ServerMachine::on_user_control(ByteView payload) {
  if (payload.size() < 2) return std::unexpected(ProtocolError::kBadControlMessage);
  if (load_be16(payload.data()) != kPingRequest) return {};
  if (payload.size() < 6) return std::unexpected(ProtocolError::kBadControlMessage);
  constexpr std::size_t kPongBytes = 18;
  if (budget_.allows(received_, kPongBytes)) send_user_control(kPingResponse, load_be32(payload.data() + 2));
  return {};
}

void ServerMachine::emit(media::MessageKind kind, std::uint32_t timestamp_ms, ByteView payload) {
  if (publishing()) events_.on_media({kind, timestamp_ms, payload});
}

// What a data message is called must be readable, the rest is passed on unread. Anything else (ffmpeg's
// four-byte timecodes, for one) is dropped: no platform could read it, and it is no reason to disconnect.
void ServerMachine::on_data(const IncomingMessage& message) {
  const ByteView payload = amf0_part(message.type, message.payload);
  const auto name = amf0::Reader(payload).next();
  if (name && name->string() != nullptr) emit(media::MessageKind::kData, message.timestamp_ms, payload);
}

// Several FLV tags in one message (spec 7.1.6; FMLE, AMS). Their timestamps count from the first tag's,
// which stands for the message's own. What does not parse is dropped with the rest of the message.
void ServerMachine::on_aggregate(const IncomingMessage& message) {
  constexpr std::size_t kTagHeaderBytes = 11;
  constexpr std::size_t kTagTrailerBytes = 4;
  std::optional<std::uint32_t> first;
  ByteView rest = message.payload;
  while (rest.size() >= kTagHeaderBytes) {
    const std::uint8_t type = rest[0];
    const std::size_t length = load_be24(rest.data() + 1);
    const std::uint32_t time = load_be24(rest.data() + 4) | (static_cast<std::uint32_t>(rest[7]) << 24);
    if (length > rest.size() - kTagHeaderBytes) return;
    if (!first) first = time;
    const ByteView payload = rest.subspan(kTagHeaderBytes, length);
    const std::uint32_t at = message.timestamp_ms + (time - *first);
    if (type == kAudio) emit(media::MessageKind::kAudio, at, payload);
    if (type == kVideo) emit(media::MessageKind::kVideo, at, payload);
    if (type == kData) on_data({type, at, message.stream_id, payload});
    rest = rest.subspan(kTagHeaderBytes + length);
    rest = rest.subspan(std::min(kTagTrailerBytes, rest.size()));
  }
}

void ServerMachine::accept() {
  SLUICE_CHECK(waiting());
  if (phase_ == Phase::kPublishAsked) {
    phase_ = Phase::kPublishing;
    reader_.allow_media();
    send_status("status", "NetStream.Publish.Start", "Publishing.");
    return;
  }
  phase_ = Phase::kPlaying;
  send_user_control(kStreamBegin, stream_id_);
  send_status("status", "NetStream.Play.Reset", "Playing from the live edge.");
  send_status("status", "NetStream.Play.Start", "Playing.");
}

namespace {

std::string_view publish_code(Refusal reason) {
  return reason == Refusal::kInUse ? "NetStream.Publish.BadName" : "NetStream.Publish.Denied";
}

std::string_view play_code(Refusal reason) {
  return reason == Refusal::kNotFound ? "NetStream.Play.StreamNotFound" : "NetStream.Play.Failed";
}

std::string_view words(Refusal reason) {
  switch (reason) {
    case Refusal::kWrongKey:
      return "The app or the stream key is not known here.";
    case Refusal::kInUse:
      return "Another publisher is using this stream key.";
    case Refusal::kNotFound:
      return "There is no such stream.";
    case Refusal::kNotAllowed:
      return "This is not allowed from your address.";
  }
  return "Refused.";
}

}  // namespace

// The setup deadline, run anew, now bounds how long the owner may take to flush and close.
void ServerMachine::end() {
  phase_ = Phase::kEnded;
  setup_since_ = now_;
  held_ = Bytes();
}

void ServerMachine::refuse(Refusal reason) {
  SLUICE_CHECK(waiting());
  const bool publish = phase_ == Phase::kPublishAsked;
  end();
  send_status("error", publish ? publish_code(reason) : play_code(reason), words(reason));
}

void ServerMachine::end_publish(Refusal reason, std::string_view description) {
  SLUICE_CHECK(publishing());
  end();
  send_status("error", publish_code(reason), description);
}

void ServerMachine::send(const media::MessageView& message) {
  SLUICE_CHECK(playing());
  OutgoingMessage outgoing{.type = static_cast<std::uint8_t>(message.kind),
                           .timestamp_ms = message.timestamp_ms,
                           .stream_id = stream_id_,
                           .payload = message.payload};
  switch (message.kind) {
    case media::MessageKind::kAudio:
      outgoing.chunk_stream = kAudioChunkStream;
      break;
    case media::MessageKind::kVideo:
      outgoing.chunk_stream = kVideoChunkStream;
      break;
    case media::MessageKind::kData:
      outgoing.chunk_stream = kDataChunkStream;
      outgoing.payload = media::without_set_data_frame(message.payload);
      break;
  }
  writer_.write(out_, outgoing);
}

void ServerMachine::send_play_end() {
  SLUICE_CHECK(playing());
  end();
  send_user_control(kStreamEof, stream_id_);
  send_status("status", "NetStream.Play.Stop", "The stream has ended.");
}

std::optional<Instant> ServerMachine::setup_deadline() const {
  if (publishing() || playing()) return std::nullopt;
  return setup_since_ + kSetupDeadline;
}

struct ServerSession::Impl {
  Impl(ServerEvents& events, Instant now) : machine(events, now) {}
  ServerMachine machine;
};

ServerSession::ServerSession(ServerEvents& events, Instant now)
    : impl_(std::make_unique<Impl>(events, now)) {}
ServerSession::~ServerSession() = default;

std::expected<void, ProtocolError> ServerSession::feed(ByteView bytes, Instant now) {
  return impl_->machine.feed(bytes, now);
}
ByteView ServerSession::output() const {
  return impl_->machine.out().view();
}
void ServerSession::consume_output(std::size_t bytes) {
  impl_->machine.out().consume(bytes);
}
void ServerSession::accept() {
  impl_->machine.accept();
}
void ServerSession::refuse(Refusal reason) {
  impl_->machine.refuse(reason);
}
void ServerSession::end_publish(Refusal reason, std::string_view description) {
  impl_->machine.end_publish(reason, description);
}
void ServerSession::send(const media::MessageView& message) {
  impl_->machine.send(message);
}
void ServerSession::send_play_end() {
  impl_->machine.send_play_end();
}
bool ServerSession::publishing() const {
  return impl_->machine.publishing();
}
bool ServerSession::playing() const {
  return impl_->machine.playing();
}
std::optional<Instant> ServerSession::setup_deadline() const {
  return impl_->machine.setup_deadline();
}
std::uint64_t ServerSession::received_bytes() const {
  return impl_->machine.received_bytes();
}

}  // namespace sluice::rtmp
