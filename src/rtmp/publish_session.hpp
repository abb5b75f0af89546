// One outgoing RTMP publish to a platform. Sans-I/O: bytes and messages in, bytes out. Runs in a relay.
//
// Sends what OBS sends, in the same order (simple handshake, SetChunkSize 4096 before connect,
// releaseStream, FCPublish, createStream without waiting, publish type "live"), because that is what every
// platform is used to. Source: facts gathered from OBS librtmp, nginx-rtmp, SRS; see docs/architecture.md.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "media/inspect.hpp"
#include "media/message.hpp"
#include "rtmp/error.hpp"

namespace sluice::rtmp {

struct PublishTarget {
  std::string app;
  std::string tc_url;
  Secret key;
};

enum class PublishState : std::uint8_t {
  kHandshake,     // waiting for S0 S1 (S2 is not verified)
  kConnect,       // waiting for the answer to connect
  kCreate,        // waiting for createStream's stream id
  kPublish,       // waiting for NetStream.Publish.Start
  kStreaming,     // send() may be called
  kRefused,       // the platform said no: see refusal()
  kClosedByPeer,  // `close` invoke, NetStream.Unpublish / Connect.Closed, or Publish error while streaming
  kConnected,     // Goal::kConnect is reached
};

// How far a session goes. kConnect is for those who only want to know whether the server would take them:
// nothing is created or published there, and the key is never told.
enum class Goal : std::uint8_t { kPublish, kConnect };

struct PlatformRefusal {
  PublishState at = PublishState::kConnect;  // during which step
  std::string code;                          // e.g. NetStream.Publish.BadName; bounded, printable
  std::string description;                   // bounded to 256 bytes, printable; may name the key: see below
  bool redirected = false;                   // it named another server, which is never followed
};

class PublishSession {
 public:
  // output() holds C0 C1 at once. `enhanced`: the codecs that will be sent in Enhanced RTMP's form, as far as
  // they are known; connect announces them. None: nothing is announced, as servers know it from OBS.
  PublishSession(PublishTarget target, Instant now, std::vector<media::Codec> enhanced = {},
                 Goal goal = Goal::kPublish);
  ~PublishSession();
  PublishSession(PublishSession&&) noexcept;
  PublishSession& operator=(PublishSession&&) noexcept;

  // Takes all of `bytes`. After an error or in kRefused / kClosedByPeer / kConnected nothing more is parsed.
  std::expected<void, ProtocolError> feed(ByteView bytes, Instant now);

  PublishState state() const;
  // REQUIRES state() == kRefused or kClosedByPeer. Any occurrence of the key in the platform's words is
  // replaced by "***".
  const PlatformRefusal& refusal() const;

  // What the server calls itself in its answer to connect (fmsVer); printable, bounded to 256 bytes, empty
  // when it says nothing.
  const std::string& server_name() const;

  // False if the platform has listed the codecs that it takes (AcceptedCodecs), and this is not one of them.
  bool accepts(media::Codec codec) const;

  // The first bytes that are to be sent, and all of them in pieces (OutputBuffer).
  ByteView output() const;
  std::size_t gather_output(std::span<ByteView> into) const;
  void consume_output(std::size_t bytes);
  std::size_t output_size() const;

  // Chunks one message into output(). REQUIRES state() == kStreaming. `timestamp_ms` is already the
  // session's own time. Payload goes out unchanged; with an `owner` that keeps it, perhaps from where it is.
  void send(const media::MessageView& message, std::shared_ptr<const void> owner = nullptr);

  // FCUnpublish and deleteStream into output(), after what is already there. REQUIRES kStreaming or
  // kPublish; nothing may be sent afterwards.
  void finish();

  // Bytes the platform has acknowledged (RTMP Acknowledgement), telemetry only.
  std::optional<std::uint32_t> acknowledged_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rtmp
