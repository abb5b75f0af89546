// Every way in which a stream can fail to be live, with the code of docs/openapi.yaml and how to go on; the
// sentences are in texts/reasons.json. Used in a relay.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/messages.hpp"
#include "net/error.hpp"
#include "rtmp/error.hpp"
#include "rtmp/publish_session.hpp"

namespace sluice::relay {

enum class FailureKind : std::uint8_t {
  kNameNotFound,
  kUnreachable,
  kTimeout,
  kTlsUntrusted,
  kTlsExpired,
  kTlsClock,  // the certificate begins in this machine's future
  kTlsWrongHost,
  kTlsFailed,
  kHandshake,
  kConnectRejected,
  kRedirected,
  kKeyRefused,
  kAlreadyPublishing,
  kCodec,  // the platform cannot take what the source sends
  kStalled,
  kPlatformClosed,
  kGarbage,
};

struct Failure {
  FailureKind kind = FailureKind::kUnreachable;
  std::string words;  // the platform's or the system's own, printable, bounded, without the key; may be empty
  std::string codec = {};  // kCodec: as the API names it; empty: not known which
};

std::string_view code_of(FailureKind kind);
// A refusal will not be cured by trying often: it backs off slowly and shows as `refused`.
bool is_refusal(FailureKind kind);
control::Reason reason_of(const Failure& failure);
Failure from_net(const net::Failure& failure);
// The platform said no. Whether it meant a codec is left to names_a_codec().
Failure from_refusal(const rtmp::PlatformRefusal& refusal);
// The platform closed the connection before it took the publish, in state `at`.
Failure from_early_close(rtmp::PublishState at);
Failure from_garbage(rtmp::ProtocolError error);

// Reasons that are no failures: why a healthy stream is not live.
control::Reason source_absent();
// `shown`: the platform is shown something meanwhile; else it is connected and waits.
control::Reason source_ended(bool shown);
control::Reason source_broken(bool shown);
control::Reason source_silent();
// The platform was told that the show is over: after a hold, or after the source was stopped.
control::Reason hold_over();
control::Reason show_ended();

}  // namespace sluice::relay
