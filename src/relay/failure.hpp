// Every way in which a stream can fail to be live, with the code of docs/openapi.yaml, one plain sentence,
// and how to go on. Used in a relay.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/messages.hpp"
#include "net/error.hpp"

namespace sluice::relay {

enum class FailureKind : std::uint8_t {
  kNameNotFound,
  kUnreachable,
  kTimeout,
  kTlsUntrusted,
  kTlsExpired,
  kTlsWrongHost,
  kTlsFailed,
  kHandshake,
  kConnectRejected,
  kKeyRefused,
  kAlreadyPublishing,
  kStalled,
  kPlatformClosed,
  kGarbage,
};

struct Failure {
  FailureKind kind = FailureKind::kUnreachable;
  std::string words;  // the platform's or the system's own, printable, bounded, without the key; may be empty
};

// A refusal will not be cured by trying often: it backs off slowly and shows as `refused`.
bool is_refusal(FailureKind kind);
control::Reason reason_of(const Failure& failure);
Failure from_net(const net::Failure& failure);

// Reasons that are no failures: why a healthy stream is not live.
control::Reason source_absent();
control::Reason source_ended();
control::Reason source_broken();

}  // namespace sluice::relay
