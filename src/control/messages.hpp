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

inline constexpr int kProtocol = 3;

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
  std::string role;         // "relay", "ingest" or "pack"
  std::int64_t stream = 0;  // relay: its stream id
  std::int64_t pack = 0;    // pack: its number; relay: that of the pack it is in; 0 or missing: in none
  std::string config_hash;  // of the last configuration taken; empty: none yet
  std::string ring_id;      // relay: ring it reads, hex; empty: none
  std::uint64_t position = 0;
  bool takes_viewers = false;  // ingest: it knows Watch; missing: it is of an earlier build, and does not
};  // descriptors: relay with a configuration: [progress page]; ingest with a listener: [RTMP listener];
    // pack with a wake-up: [wake]

// ---- manager → pack: a relay process that carries several streams ---------------------------------------
// One stream more. It answers at its own control socket, with a hello of its own, as a relay does.
struct CarryStream {
  std::int64_t stream = 0;
};  // descriptors: [the stream's control socket, listening]
// What wakes all its streams. Once; a new manager gets it back with the hello.
struct UseWake {};  // descriptors: [wake]

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
};  // descriptors: [ring, wake], or [ring] where the stream is woken with its pack
// What the stream does while its source is away. Sent after each hello of a configured relay and at each
// change; a live session goes on.
struct HoldPolicy {
  int hold_s = 60;            // how long a hold may last; 0: connected and waiting, nothing is sent
  int stop_grace_s = 10;      // after a clean stop, before the show ends
  bool silent_audio = false;  // silence for a source without sound
  friend bool operator==(const HoldPolicy&, const HoldPolicy&) = default;
};
// The source's "be right back" clip: an FLV file that begins with sequence headers and a key frame and ends
// just before another one. It is shown in holds instead of the frozen picture.
struct UseClip {};  // descriptors: [clip, read only], or none: there is no clip any more
// The ingest that wrote the ring is gone: nothing more will come there, whatever its state says.
struct SourceLost {};
struct RetryNow {};
struct End {};  // end the session properly and exit; the same as SIGTERM
// Leave the stream to a successor: send up to the next key frame, close without a goodbye, exit. A relay that
// does not know it drops the connection, as with any message it does not know, and stays.
struct HandOver {};

// ---- manager → probe: a relay program that only tests a server -------------------------------------------
// Once, at once after the start.
struct Probe {
  std::string server;
  std::string tls_ca;  // PEM or empty
};
// ---- probe → manager -----------------------------------------------------------------------------------
// One after the other as they end; with the last one the manager answers End.
struct ProbeStep {
  std::string step;  // "name", "tcp", "tls", "rtmp"
  bool ok = false;
  int ms = 0;                    // how long it took
  std::string detail;            // what was found, printable; may be empty
  std::optional<Reason> reason;  // why it failed
  bool last = false;
};

// ---- relay → manager -----------------------------------------------------------------------------------
struct RelayState {
  StreamState state = StreamState::kWaiting;
  std::optional<Reason> reason;
  std::int64_t since_ms = 0;        // wall clock, ms since the epoch
  std::int64_t next_try_at_ms = 0;  // 0: none
  bool on_backup = false;           // it is, or tries to be, with the backup server
  std::int64_t hold_until_ms = 0;   // holding: when the show is ended; 0: it is not
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
  std::int64_t reader = 0;  // the stream's id; of a pack, its number with a minus
};  // descriptors: [wake]
struct DetachReader {
  std::int64_t reader = 0;
};
// Keep what is published from the next key frame on, for `seconds` and up to the key frame after that.
// Answered by ClipRecorded; another one while recording begins anew.
struct RecordClip {
  std::int64_t source = 0;
  int seconds = 10;
};
// Serve this HTTP client the source as FLV: its request has been read and allowed, nothing answered yet. Only
// to an ingest that takes_viewers.
struct Watch {
  std::int64_t source = 0;
};  // descriptors: [the client's socket]
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
  std::string headers;           // fingerprint of the sequence headers in force; empty: none yet
  int clip_recorded_ms = -1;     // how much of a clip is recorded; -1: none is being recorded
  std::string kept_out;          // address of another encoder that tries to take this source; empty: none
  std::optional<bool> b_frames;  // the video has some; nullopt: not known (yet)
};
struct ClipRecorded {
  std::int64_t source = 0;
  std::string problem;  // a code of texts/reasons.json; empty: it is there
  int duration_ms = 0;
  std::string headers;  // as in SourceFacts
};  // descriptors: [clip], an FLV file in memory, when there is no problem
struct RefusedPublish {  // a publish to an app and key that is no source
  std::string app;
  Secret key;
  std::string address;
};

using Message = std::variant<Hello, ConfigureRelay, UseRing, HoldPolicy, UseClip, SourceLost, RetryNow, End,
                             HandOver, RelayState, Listen, SetSource, RemoveSource, AttachReader,
                             DetachReader, RecordClip, Watch, PlayPolicy, ConfigHash, RingOf, SourceFacts,
                             ClipRecorded, RefusedPublish, CarryStream, UseWake, Probe, ProbeStep>;

std::string encode(const Message& message);
std::optional<Message> decode(std::string_view text);

}  // namespace sluice::control
