// The inside of ServerSession, private to this folder: one object, in two files (messages and phases in
// server_session.cpp, commands in server_commands.cpp). Runs in the ingest.
#pragma once

#include <array>
#include <bitset>
#include <optional>

#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/flow.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/server_session.hpp"

namespace sluice::rtmp {

using Outcome = std::expected<void, ProtocolError>;

class ServerMachine final : public MessageSink {
 public:
  ServerMachine(ServerEvents& events, Instant now);

  Outcome feed(ByteView bytes, Instant now);
  void accept();
  void refuse(Refusal reason);
  void end_publish(Refusal reason, std::string_view description);
  void send(const media::MessageView& message);
  void send_play_end();

  bool publishing() const { return phase_ == Phase::kPublishing; }
  bool playing() const { return phase_ == Phase::kPlaying; }
  std::optional<Instant> setup_deadline() const;
  std::uint64_t received_bytes() const { return received_; }
  OutputBuffer& out() { return out_; }

 private:
  enum class Phase : std::uint8_t {
    kSetup,         // until publish or play, and again after an unpublish
    kPublishAsked,  // the owner owes an answer; input is held back
    kPublishing,
    kPlayAsked,  // likewise
    kPlaying,
    kEnded,  // refused or ended by us: what still comes is thrown away until the owner closes
  };
  bool waiting() const { return phase_ == Phase::kPublishAsked || phase_ == Phase::kPlayAsked; }

  // MessageSink
  Outcome on_message(const IncomingMessage& message) override;
  bool wants_pause() const override { return waiting() || phase_ == Phase::kEnded; }

  Outcome take(ByteView bytes);
  Outcome parse(ByteView bytes);
  Outcome on_user_control(ByteView payload);
  Outcome on_command(const IncomingMessage& message);
  void on_data(const IncomingMessage& message);
  void on_aggregate(const IncomingMessage& message);
  void emit(media::MessageKind kind, std::uint32_t timestamp_ms, ByteView payload);
  void acknowledge();

  // Commands. Each gets the command and the message stream it came on.
  using Handler = Outcome (ServerMachine::*)(const Command&, std::uint32_t);
  static Handler handler_of(std::string_view name);
  Outcome on_connect(const Command& command, std::uint32_t stream_id);
  Outcome on_create_stream(const Command& command, std::uint32_t stream_id);
  Outcome on_publish(const Command& command, std::uint32_t stream_id);
  Outcome on_play(const Command& command, std::uint32_t stream_id);
  Outcome on_fc_publish(const Command& command, std::uint32_t stream_id);
  Outcome on_fc_unpublish(const Command& command, std::uint32_t stream_id);
  Outcome on_delete_stream(const Command& command, std::uint32_t stream_id);
  Outcome on_close_stream(const Command& command, std::uint32_t stream_id);
  Outcome on_get_stream_length(const Command& command, std::uint32_t stream_id);
  Outcome on_harmless(const Command& command, std::uint32_t stream_id);
  Outcome on_ignored(const Command& command, std::uint32_t stream_id);
  Outcome on_unknown(const Command& command, std::uint32_t stream_id);
  Outcome ask(const Command& command, std::uint32_t stream_id, Phase phase);
  void stop_stream();
  void end();

  void send_connect_result(double transaction, bool enhanced);
  void send_control(std::uint8_t type, std::initializer_list<std::uint8_t> payload);
  void send_user_control(std::uint16_t event, std::uint32_t value);
  void send_command(std::uint8_t chunk_stream, std::uint32_t stream_id, ByteView payload);
  void send_status(std::string_view level, std::string_view code, std::string_view description);
  // Replies that a peer could provoke in any number go through the budget.
  void reply(ByteView payload, std::uint32_t stream_id = 0);
  void reply_null(std::string_view name, double transaction);

  ServerEvents& events_;
  ServerHandshake handshake_;
  ChunkReader reader_;
  ChunkWriter writer_;
  OutputBuffer out_;
  AckClock acks_;
  ReplyBudget budget_;

  Phase phase_ = Phase::kSetup;
  bool connected_ = false;
  PeerRequest request_;
  std::uint32_t stream_id_ = 0;                   // of the publish or play
  std::bitset<kMaxMessageStreams> live_streams_;  // index: message stream id less 1
  Bytes held_;                                    // input behind an unanswered request

  Instant now_;
  Instant setup_since_;
  std::uint64_t received_ = 0;
  std::optional<ProtocolError> error_;
};

}  // namespace sluice::rtmp
