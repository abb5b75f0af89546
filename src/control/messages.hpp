// What manager and workers say to each other: one JSON object per os::ChannelMessage, descriptors beside it.
// docs/control.md has the same in words. The worker listens on a socket in DIR/run (made by the manager,
// inherited as descriptor 3); the manager connects; the worker says hello first.
//
// Every encode() gives one message text; decode() is total: anything malformed is nullopt (and the sender is
// dropped). Both sides run the same kProtocol or the worker is replaced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.hpp"

namespace sluice::control {

inline constexpr int kProtocol = 2;

// Why a stream is not live, as a code of the OpenAPI file with the English sentence and its parameters.
struct Reason {
  std::string code;
  std::string text;
  std::vector<std::pair<std::string, std::string>> params;
  friend bool operator==(const Reason&, const Reason&) = default;
};

enum class StreamState : std::uint8_t { kOff, kWaiting, kConnecting, kLive, kHolding, kRetrying, kRefused };
std::string_view to_string(StreamState state);  // "off", "waiting", …

// ---- worker → manager, first message -------------------------------------------------------------------
struct Hello {
  int protocol = kProtocol;
  std::string build;
  int pid = 0;
  std::string role;         // "relay" or "ingest"
  std::int64_t stream = 0;  // relay: its stream id
  std::string config_hash;  // of the last configuration taken; empty: none yet
  std::string ring_id;      // relay: ring it reads, hex; empty: none
  std::uint64_t position = 0;
};  // descriptors: relay with a configuration: [progress page]; ingest with a listener: [RTMP listener]

// ---- manager → relay -----------------------------------------------------------------------------------
struct ConfigureRelay {
  std::int64_t stream = 0;
  std::string server;
  Secret key;
  std::string tls_ca;  // PEM or empty
  std::string config_hash;
  std::string backup_server;  // empty: none
};  // descriptors: [progress page]
struct UseRing {
  std::string ring_id;
};  // descriptors: [ring, wake]
// The ingest that wrote the ring is gone: nothing more will come there, whatever its state says.
struct SourceLost {};
struct RetryNow {};
struct End {};  // end the session properly and exit; the same as SIGTERM
// Leave the stream to a successor: send up to the next key frame, close without a goodbye, exit. A relay that
// does not know it drops the connection, as with any message it does not know, and stays.
struct HandOver {};

// ---- relay → manager -----------------------------------------------------------------------------------
struct RelayState {
  StreamState state = StreamState::kWaiting;
  std::optional<Reason> reason;
  std::int64_t since_ms = 0;        // wall clock, ms since the epoch
  std::int64_t next_try_at_ms = 0;  // 0: none
  bool on_backup = false;           // it is, or tries to be, with the backup server
};

// ---- manager → ingest ----------------------------------------------------------------------------------
struct Listen {};  // descriptors: [RTMP listener, already listening]
struct SetSource {
  std::int64_t source = 0;
  std::string app;
  Secret key;
};
struct RemoveSource {
  std::int64_t source = 0;
};
struct AttachReader {
  std::int64_t source = 0;
  std::int64_t reader = 0;  // the stream's id
};  // descriptors: [wake]
struct DetachReader {
  std::int64_t reader = 0;
};
struct PlayPolicy {            // who may play the sources over RTMP
  bool from_anywhere = false;  // else from this machine only
};
struct ConfigHash {  // sent after a full set of SetSource: what the ingest then says in hello
  std::string config_hash;
};

// ---- ingest → manager ----------------------------------------------------------------------------------
struct RingOf {  // sent when a ring is made and, after hello, for every ring there is
  std::int64_t source = 0;
  std::string ring_id;
};  // descriptors: [ring]
struct SourceFacts {  // sent on every change of state, and once a second while publishing
  std::int64_t source = 0;
  std::string state;  // "absent", "publishing"
  std::string video_codec, audio_codec;
  int width = 0, height = 0;
  double frame_rate = 0;
  int key_frame_interval_ms = 0;
  int video_kbps = 0, audio_kbps = 0;
  int audio_sample_rate = 0, audio_channels = 0;
  std::int64_t since_ms = 0;  // of the state, wall clock
  std::string address, software;
};
struct RefusedPublish {  // a publish to an app and key that is no source
  std::string app;
  Secret key;
  std::string address;
};

using Message = std::variant<Hello, ConfigureRelay, UseRing, SourceLost, RetryNow, End, HandOver, RelayState,
                             Listen, SetSource, RemoveSource, AttachReader, DetachReader, PlayPolicy,
                             ConfigHash, RingOf, SourceFacts, RefusedPublish>;

std::string encode(const Message& message);
std::optional<Message> decode(std::string_view text);

}  // namespace sluice::control
