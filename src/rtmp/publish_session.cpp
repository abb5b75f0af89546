// One outgoing publish. Runs in a relay.
//
// Tolerances towards real servers, each with a test (where no source is named: seen on the wire):
//   - releaseStream and FCPublish answered, refused or ignored; onFCPublish without arguments (ffmpeg);
//   - replies with transaction id 0 (by MediaMTX's issue 2520);
//   - _result with its arguments missing, null or undefined, or with large nested objects (SRS);
//   - control messages in any order, on any chunk stream; no StreamBegin; onBWDone or none;
//   - commands whose end cannot be decoded: what stands before is enough.
#include "rtmp/publish_session.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "rtmp/accepted_codecs.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/flow.hpp"
#include "rtmp/handshake.hpp"

namespace sluice::rtmp {
namespace {

using Outcome = std::expected<void, ProtocolError>;

constexpr std::uint32_t kOurChunkBytes = 4096;  // OBS's, hence the most proven value
// Transaction ids, in the order of sending.
constexpr double kConnect = 1;
constexpr double kReleaseStream = 2;
constexpr double kFcPublish = 3;
constexpr double kCreateStream = 4;
constexpr double kPublishCall = 5;
constexpr double kFcUnpublish = 6;
constexpr double kDeleteStream = 7;

// Some servers look for "FMLE" in it.
constexpr std::string_view kFlashVersion = "FMLE/3.0 (compatible; FMSc/1.0)";

// The platform's words as people may see them: without the key, printable, bounded.
std::string clean(std::string_view words, const Secret& key) {
  std::string text(words);
  if (!key.empty()) {
    for (auto at = text.find(key.reveal()); at != std::string::npos; at = text.find(key.reveal(), at + 3)) {
      text.replace(at, key.size(), "***");
    }
  }
  text.resize(std::min(text.size(), kMaxRefusalTextBytes));
  std::ranges::replace_if(text, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return text;
}

}  // namespace

struct PublishSession::Impl final : MessageSink {
  Impl(PublishTarget to, Instant now, std::vector<media::Codec> codecs, Goal how_far)
      : target(std::move(to)), enhanced(std::move(codecs)), goal(how_far), handshake(now, out) {}

  Outcome feed(ByteView bytes);
  Outcome on_message(const IncomingMessage& message) override;
  bool wants_pause() const override { return stopped(); }  // for good: nothing more is parsed
  Outcome on_command(const IncomingMessage& message);
  Outcome on_result(const Command& command);
  void on_error(const Command& command);
  void on_status(const Command& command);
  void stop(PublishState end, const amf0::Object* info);
  bool failed() const { return state == PublishState::kRefused || state == PublishState::kClosedByPeer; }
  bool stopped() const { return failed() || state == PublishState::kConnected; }

  void send_connect();
  void send_create();
  void send_publish();
  void send_command(ByteView payload, std::uint32_t on_stream = 0);
  void send_name_call(std::string_view name, double transaction);
  void send_be32(std::uint8_t type, std::uint32_t value);
  void answer_ping(ByteView payload);
  void answer_peer_bandwidth(std::uint32_t window);

  PublishTarget target;
  std::vector<media::Codec> enhanced;
  Goal goal;
  OutputBuffer out;
  ClientHandshake handshake;
  ChunkReader reader;
  ChunkWriter writer;
  AckClock acks;
  ReplyBudget budget;
  PublishState state = PublishState::kHandshake;
  PlatformRefusal refusal;
  std::string server_name;
  AcceptedCodecs accepted;
  std::uint32_t stream_id = 0;
  std::uint32_t announced_window = 0;
  std::uint64_t received = 0;
  std::optional<std::uint32_t> acknowledged;
  std::optional<ProtocolError> error;
  bool finished = false;
};

Outcome PublishSession::Impl::feed(ByteView bytes) {
  if (error) return std::unexpected(*error);
  if (stopped()) return {};
  received += bytes.size();
  if (!handshake.done()) {
    const auto used = handshake.feed(bytes, out);
    if (!used) return std::unexpected(used.error());
    bytes = bytes.subspan(*used);
    if (!handshake.done()) return {};
    state = PublishState::kConnect;
    send_connect();
  }
  const auto used = reader.feed(bytes, *this);
  if (!used) return std::unexpected(used.error());
  if (const auto sequence = acks.due(received); sequence && !stopped())
    send_be32(kAcknowledgement, *sequence);
  return {};
}

Outcome PublishSession::Impl::on_message(const IncomingMessage& message) {
  if (stopped()) return {};
  const ByteView payload = message.payload;
  switch (message.type) {
    case kCommand:
    case kAmf3Command:
      return on_command(message);
    case kUserControl:
      answer_ping(payload);
      return {};
    case kAcknowledgement:
    case kWindowAckSize:
    case kSetPeerBandwidth:
      break;
    default:
      return {};
  }
  if (payload.size() < 4) return std::unexpected(ProtocolError::kBadControlMessage);
  const std::uint32_t value = load_be32(payload.data());
  if (message.type == kAcknowledgement) acknowledged = value;
  if (message.type == kWindowAckSize) acks.set_peer_window(value);
  if (message.type == kSetPeerBandwidth) answer_peer_bandwidth(value);
  return {};
}

void PublishSession::Impl::answer_ping(ByteView payload) {
  constexpr std::size_t kPongBytes = 18;
  if (payload.size() < 6 || load_be16(payload.data()) != kPingRequest) return;
  if (!budget.allows(received, kPongBytes)) return;
  Bytes pong;
  append_be16(pong, kPingResponse);
  append(pong, payload.subspan(2, 4));
  writer.write_absolute(out, {.type = kUserControl, .payload = pong});
}

void PublishSession::Impl::answer_peer_bandwidth(std::uint32_t window) {
  constexpr std::size_t kReplyBytes = 16;
  if (window == announced_window || !budget.allows(received, kReplyBytes)) return;
  announced_window = window;
  send_be32(kWindowAckSize, window);
}

Outcome PublishSession::Impl::on_command(const IncomingMessage& message) {
  const auto command = parse_command(message.type, message.payload);
  if (!command) return std::unexpected(ProtocolError::kBadCommand);
  if (command->name == "_result") return on_result(*command);
  if (command->name == "_error") {
    on_error(*command);
  } else if (command->name == "onStatus") {
    on_status(*command);
  } else if (command->name == "close") {
    stop(PublishState::kClosedByPeer, nullptr);
  } else if (command->name == "_onbwcheck" || command->name == "ping") {
    Bytes reply = begin_command(command->name == "ping" ? "pong" : "_result", command->transaction);
    amf0::put_null(reply);
    if (budget.allows(received, reply.size())) send_command(reply);
  }
  return {};
}

namespace {

// The info object stands at different places in different servers' replies.
const amf0::Object* info_of(const Command& command) {
  for (const amf0::Value& value : command.values) {
    if (value.object() != nullptr && value.object()->find("code") != nullptr) return value.object();
  }
  return nullptr;
}

// It stands in the command object, beside `capabilities`, in every server's reply that has it.
std::string_view name_of_server(const Command& command) {
  const amf0::Value* properties = command.value(0);
  if (properties == nullptr || properties->object() == nullptr) return {};
  return properties->object()->string("fmsVer").value_or("");
}

bool is_error(const amf0::Object* info) {
  return info != nullptr && info->string("level") == "error";
}

// `ex` with `redirect`, `redirect2` (SRS) or the code 302.
bool is_redirect(const amf0::Object& info) {
  const amf0::Value* ex = info.find("ex");
  if (ex == nullptr || ex->object() == nullptr) return false;
  const amf0::Object& more = *ex->object();
  return more.find("redirect") != nullptr || more.find("redirect2") != nullptr ||
         more.number("code") == 302.0;
}

bool answers(const Command& command, double transaction) {
  return command.transaction == transaction || command.transaction == 0;
}

}  // namespace

Outcome PublishSession::Impl::on_result(const Command& command) {
  if (state == PublishState::kConnect && answers(command, kConnect)) {
    const amf0::Object* info = info_of(command);
    if (is_error(info)) {
      stop(PublishState::kRefused, info);
      return {};
    }
    accepted.read(command);
    server_name = clean(name_of_server(command), target.key);
    if (goal == Goal::kConnect) {
      state = PublishState::kConnected;
      return {};
    }
    state = PublishState::kCreate;
    send_create();
  } else if (state == PublishState::kCreate && answers(command, kCreateStream)) {
    const amf0::Value* value = command.value(1);
    if (value == nullptr || value->number() == nullptr) {
      // Without an id it may be the belated answer to releaseStream; to createStream it is no answer.
      if (command.transaction == 0) return {};
      return std::unexpected(ProtocolError::kBadCommand);
    }
    const auto id = amf0::to_u32(*value->number());
    if (!id || *id == 0) return std::unexpected(ProtocolError::kBadCommand);
    stream_id = *id;
    state = PublishState::kPublish;
    send_publish();
  }
  return {};
}

void PublishSession::Impl::on_error(const Command& command) {
  const bool to_connect = state == PublishState::kConnect && answers(command, kConnect);
  // Transaction 0 here may as well be the answer to releaseStream, where an error is common: ignored.
  const bool to_create = state == PublishState::kCreate && command.transaction == kCreateStream;
  const bool to_publish = state == PublishState::kPublish && command.transaction == kPublishCall;
  if (to_connect || to_create || to_publish) stop(PublishState::kRefused, info_of(command));
}

void PublishSession::Impl::on_status(const Command& command) {
  const amf0::Object* info = info_of(command);
  if (info == nullptr) return;
  const std::string_view code = info->string("code").value_or("");
  if (is_error(info)) {
    stop(state == PublishState::kStreaming ? PublishState::kClosedByPeer : PublishState::kRefused, info);
  } else if (code == "NetConnection.Connect.Closed" ||
             (state == PublishState::kStreaming && code == "NetStream.Unpublish.Success")) {
    stop(PublishState::kClosedByPeer, info);
  } else if (state == PublishState::kPublish && code == "NetStream.Publish.Start") {
    state = PublishState::kStreaming;
  }
}

void PublishSession::Impl::stop(PublishState end, const amf0::Object* info) {
  refusal.at = state;
  if (info != nullptr) {
    refusal.code = clean(info->string("code").value_or(""), target.key);
    refusal.description = clean(info->string("description").value_or(""), target.key);
    refusal.redirected = is_redirect(*info);
  }
  state = end;
}

void PublishSession::Impl::send_connect() {
  writer.set_chunk_size(out, kOurChunkBytes);
  Bytes command = begin_command("connect", kConnect);
  amf0::begin_object(command);
  const std::pair<std::string_view, std::string_view> fields[] = {{"app", target.app},
                                                                  {"type", "nonprivate"},
                                                                  {"flashVer", kFlashVersion},
                                                                  {"swfUrl", target.tc_url},
                                                                  {"tcUrl", target.tc_url}};
  for (const auto& [key, value] : fields) {
    amf0::put_key(command, key);
    amf0::put_string(command, value);
  }
  if (!enhanced.empty()) {
    amf0::put_key(command, "fourCcList");
    amf0::begin_strict_array(command, static_cast<std::uint32_t>(enhanced.size()));
    for (const media::Codec codec : enhanced) amf0::put_string(command, media::four_cc(codec));
  }
  amf0::end_object(command);
  send_command(command);
}

void PublishSession::Impl::send_create() {
  send_name_call("releaseStream", kReleaseStream);
  send_name_call("FCPublish", kFcPublish);
  Bytes create = begin_command("createStream", kCreateStream);
  amf0::put_null(create);
  send_command(create);
}

void PublishSession::Impl::send_publish() {
  Bytes publish = begin_command("publish", kPublishCall);
  amf0::put_null(publish);
  amf0::put_string(publish, target.key.reveal());
  amf0::put_string(publish, "live");  // never the app's name: YouTube hangs on that
  send_command(publish, stream_id);
}

void PublishSession::Impl::send_name_call(std::string_view name, double transaction) {
  Bytes call = begin_command(name, transaction);
  amf0::put_null(call);
  amf0::put_string(call, target.key.reveal());
  send_command(call);
}

void PublishSession::Impl::send_command(ByteView payload, std::uint32_t on_stream) {
  writer.write_absolute(out,
                        {.chunk_stream = on_stream == 0 ? kCommandChunkStream : kStreamCommandChunkStream,
                         .type = kCommand,
                         .stream_id = on_stream,
                         .payload = payload});
}

void PublishSession::Impl::send_be32(std::uint8_t type, std::uint32_t value) {
  Bytes payload;
  append_be32(payload, value);
  writer.write_absolute(out, {.type = type, .payload = payload});
}

PublishSession::PublishSession(PublishTarget target, Instant now, std::vector<media::Codec> enhanced,
                               Goal goal)
    : impl_(std::make_unique<Impl>(std::move(target), now, std::move(enhanced), goal)) {}
PublishSession::~PublishSession() = default;
PublishSession::PublishSession(PublishSession&&) noexcept = default;
PublishSession& PublishSession::operator=(PublishSession&&) noexcept = default;

std::expected<void, ProtocolError> PublishSession::feed(ByteView bytes, Instant) {
  auto outcome = impl_->feed(bytes);
  if (!outcome) impl_->error = outcome.error();
  return outcome;
}

PublishState PublishSession::state() const {
  return impl_->state;
}

const PlatformRefusal& PublishSession::refusal() const {
  SLUICE_CHECK(impl_->failed());
  return impl_->refusal;
}

const std::string& PublishSession::server_name() const {
  return impl_->server_name;
}

bool PublishSession::accepts(media::Codec codec) const {
  return impl_->accepted.include(codec);
}

ByteView PublishSession::output() const {
  return impl_->out.view();
}
std::size_t PublishSession::gather_output(std::span<ByteView> into) const {
  return impl_->out.gather(into);
}
std::size_t PublishSession::output_size() const {
  return impl_->out.size();
}
void PublishSession::consume_output(std::size_t bytes) {
  impl_->out.consume(bytes);
}

void PublishSession::send(const media::MessageView& message, std::shared_ptr<const void> owner) {
  SLUICE_CHECK(impl_->state == PublishState::kStreaming && !impl_->finished);
  std::uint8_t chunk_stream = kDataChunkStream;
  if (message.kind == media::MessageKind::kAudio) chunk_stream = kAudioChunkStream;
  if (message.kind == media::MessageKind::kVideo) chunk_stream = kVideoChunkStream;
  impl_->writer.write(impl_->out, {.chunk_stream = chunk_stream,
                                   .type = static_cast<std::uint8_t>(message.kind),
                                   .timestamp_ms = message.timestamp_ms,
                                   .stream_id = impl_->stream_id,
                                   .payload = message.payload,
                                   .owner = std::move(owner)});
}

void PublishSession::finish() {
  SLUICE_CHECK(!impl_->finished);
  SLUICE_CHECK(impl_->state == PublishState::kStreaming || impl_->state == PublishState::kPublish);
  impl_->finished = true;
  impl_->send_name_call("FCUnpublish", kFcUnpublish);
  Bytes remove = begin_command("deleteStream", kDeleteStream);
  amf0::put_null(remove);
  amf0::put_number(remove, impl_->stream_id);
  impl_->send_command(remove);
}

std::optional<std::uint32_t> PublishSession::acknowledged_bytes() const {
  return impl_->acknowledged;
}

}  // namespace sluice::rtmp
