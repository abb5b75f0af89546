// Codes and sentences.
#include "relay/failure.hpp"

#include <array>

namespace sluice::relay {
namespace {

struct Entry {
  FailureKind kind;
  bool refusal;
  std::string_view code;
  std::string_view text;
};

constexpr std::array kEntries = {
    Entry{FailureKind::kNameNotFound, false, "name_not_found",
          "The platform's server name was not found. Check the server address and the internet connection."},
    Entry{FailureKind::kUnreachable, false, "unreachable",
          "The platform's server cannot be reached at this address and port."},
    Entry{FailureKind::kTimeout, false, "timeout", "The platform's server did not answer in time."},
    Entry{FailureKind::kTlsUntrusted, false, "tls_untrusted",
          "The server's certificate is not signed by a trusted authority."},
    Entry{FailureKind::kTlsExpired, false, "tls_expired",
          "The server's certificate has expired or is not yet valid. Check this machine's clock, too."},
    Entry{FailureKind::kTlsWrongHost, false, "tls_wrong_host",
          "The server's certificate is for another name than the one in the address."},
    Entry{FailureKind::kTlsFailed, false, "tls_failed",
          "No secure connection could be made. Does this address and port speak RTMPS?"},
    Entry{FailureKind::kHandshake, false, "handshake_failed",
          "The server closed the connection before it answered as an RTMP server. Check address and port."},
    Entry{FailureKind::kConnectRejected, true, "connect_rejected",
          "The platform rejected the connection. Check the path in the server address."},
    Entry{FailureKind::kKeyRefused, true, "key_refused",
          "The platform refused the stream key, or the show is not open yet. Copy the key anew from the "
          "platform."},
    Entry{FailureKind::kAlreadyPublishing, false, "already_publishing",
          "The platform says that this key is already in use by another encoder."},
    Entry{FailureKind::kStalled, false, "platform_stalled",
          "The platform stopped taking data for 10 seconds."},
    Entry{FailureKind::kPlatformClosed, false, "platform_closed", "The platform closed the connection."},
    Entry{FailureKind::kGarbage, false, "platform_garbage",
          "The server's answer is not RTMP. Check address and port."},
};

const Entry& entry_of(FailureKind kind) {
  for (const Entry& entry : kEntries) {
    if (entry.kind == kind) return entry;
  }
  return kEntries.front();
}

control::Reason reason(std::string_view code, std::string_view text) {
  return {std::string(code), std::string(text), {}};
}

}  // namespace

bool is_refusal(FailureKind kind) {
  return entry_of(kind).refusal;
}

control::Reason reason_of(const Failure& failure) {
  const Entry& entry = entry_of(failure.kind);
  control::Reason result = reason(entry.code, entry.text);
  if (!failure.words.empty()) result.params.emplace_back("words", failure.words);
  return result;
}

Failure from_net(const net::Failure& failure) {
  using net::NetError;
  const auto kind = [&] {
    switch (failure.error) {
      case NetError::kNameNotFound:
        return FailureKind::kNameNotFound;
      case NetError::kTimeout:
        return FailureKind::kTimeout;
      case NetError::kTlsUntrusted:
        return FailureKind::kTlsUntrusted;
      case NetError::kTlsExpired:
        return FailureKind::kTlsExpired;
      case NetError::kTlsWrongHost:
        return FailureKind::kTlsWrongHost;
      case NetError::kTlsFailed:
        return FailureKind::kTlsFailed;
      case NetError::kUnreachable:
        return FailureKind::kUnreachable;
      case NetError::kClosed:
      case NetError::kReset:
        return FailureKind::kPlatformClosed;
    }
    return FailureKind::kUnreachable;
  }();
  return {kind, failure.detail};
}

control::Reason source_absent() {
  return reason("source_absent", "Waiting for the source: nothing is being sent to Sluice yet.");
}
control::Reason source_ended() {
  return reason("source_ended", "The source has stopped; the platform is kept connected and waiting.");
}
control::Reason source_broken() {
  return reason("source_broken",
                "The connection to the source broke; the platform is kept connected and waiting.");
}

}  // namespace sluice::relay
