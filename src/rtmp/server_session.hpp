// One incoming RTMP connection: a publisher or a player. Sans-I/O: bytes in, events and bytes out.
// Runs in the ingest. Sources: Adobe RTMP 1.0; E-RTMP v2.
//
// Life: handshake, connect, createStream, then publish (the owner authorises, answers, and media flows in)
// or play (the owner authorises, answers, and sends media). After an unpublish the connection may publish
// again; the setup deadline then runs anew.
//
// Tolerances towards real clients are listed in server_session.cpp, each with its source and a test.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "media/message.hpp"
#include "rtmp/error.hpp"

namespace sluice::rtmp {

struct PeerRequest {
  std::string app;  // as sent in connect; query kept, trailing slash kept
  Secret key;       // publish or play name, byte for byte
  std::string tc_url;
  std::string software;  // flashVer, or the encoder named in connect; empty if none
};

enum class Refusal : std::uint8_t {
  kWrongKey,    // NetStream.Publish.Denied / NetStream.Play.Failed
  kInUse,       // NetStream.Publish.BadName
  kNotFound,    // NetStream.Play.StreamNotFound
  kNotAllowed,  // play from an address that may not play
};

// What the owner of a session must hear. Called from within feed(), in wire order. The session may be
// answered (accept, refuse) from within the call or later; it must not be destroyed from within.
class ServerEvents {
 public:
  virtual ~ServerEvents() = default;
  virtual void on_publish(const PeerRequest& request) = 0;
  virtual void on_play(const PeerRequest& request) = 0;
  // Audio, video, data of an accepted publish. The view is valid during the call only. AMF3 data
  // (type 15) arrives as kData without its format byte. Not called before accept() or after refuse().
  virtual void on_media(const media::MessageView& message) = 0;
  // FCUnpublish, deleteStream or closeStream of the published stream: the user stopped. Once per publish.
  virtual void on_unpublish() = 0;
  virtual void on_play_stop() = 0;
};

class ServerSession {
 public:
  ServerSession(ServerEvents& events, Instant now);
  ~ServerSession();
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;

  // Takes all of `bytes`. An error is final: flush output(), then close. Media that arrives between the
  // request and accept() is kept back, unparsed, up to kMaxHeldInputBytes, and dropped on refuse(). After an
  // accept() that was not called from within the event, the next feed() delivers it; it may be empty.
  // After refuse(), end_publish() and send_play_end() input is thrown away.
  std::expected<void, ProtocolError> feed(ByteView bytes, Instant now);

  // Bytes to send to the peer. The owner takes what it could send off the front with consume_output().
  ByteView output() const;
  void consume_output(std::size_t bytes);

  // Answer to on_publish / on_play. REQUIRES: one is open.
  void accept();
  void refuse(Refusal reason);  // then: flush, shutdown(SHUT_WR), drain up to 2 s, close
  // Ends a running publish from our side with an onStatus error (takeover, source removed); then close.
  void end_publish(Refusal reason, std::string_view description);

  // To a player. REQUIRES: play accepted. Sequence headers and metadata must come first; @setDataFrame is
  // stripped here. Appends to output(); the owner bounds how far it lets output() grow.
  void send(const media::MessageView& message);
  void send_play_end();  // the source has stopped: onStatus, Stream EOF

  bool publishing() const;  // accepted and not yet unpublished
  bool playing() const;
  // When the owner must close if the session is still in setup, or was ended by us; nullopt while publishing
  // or playing.
  std::optional<Instant> setup_deadline() const;
  std::uint64_t received_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rtmp
