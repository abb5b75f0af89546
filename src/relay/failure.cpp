// Which code stands for which failure; the sentences are those of texts/reasons.json.
#include "relay/failure.hpp"

#include "base/check.hpp"
#include "base/reasons.hpp"
#include "control/reason.hpp"

namespace sluice::relay {

std::string_view code_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::kNameNotFound:
      return "name_not_found";
    case FailureKind::kUnreachable:
      return "unreachable";
    case FailureKind::kTimeout:
      return "timeout";
    case FailureKind::kTlsUntrusted:
      return "tls_untrusted";
    case FailureKind::kTlsExpired:
      return "tls_expired";
    case FailureKind::kTlsClock:
      return "tls_clock";
    case FailureKind::kTlsWrongHost:
      return "tls_wrong_host";
    case FailureKind::kTlsFailed:
      return "tls_failed";
    case FailureKind::kHandshake:
      return "handshake_failed";
    case FailureKind::kConnectRejected:
      return "connect_rejected";
    case FailureKind::kRedirected:
      return "redirected";
    case FailureKind::kKeyRefused:
      return "key_refused";
    case FailureKind::kAlreadyPublishing:
      return "already_publishing";
    case FailureKind::kCodec:
      return "codec_not_accepted";
    case FailureKind::kStalled:
      return "platform_stalled";
    case FailureKind::kPlatformClosed:
      return "platform_closed";
    case FailureKind::kGarbage:
      return "platform_garbage";
  }
  return "unreachable";
}

bool is_refusal(FailureKind kind) {
  const ReasonEntry* entry = find_reason(code_of(kind));
  SLUICE_CHECK(entry != nullptr);
  return entry->refusal;
}

control::Reason reason_of(const Failure& failure) {
  ReasonParams params;
  if (!failure.codec.empty()) params.emplace_back("codec", failure.codec);
  if (!failure.words.empty()) params.emplace_back("words", failure.words);
  return control::make_reason(code_of(failure.kind), std::move(params));
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
      case NetError::kTlsClock:
        return FailureKind::kTlsClock;
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

Failure from_refusal(const rtmp::PlatformRefusal& refusal) {
  std::string words = refusal.code;
  if (!refusal.description.empty()) words += (words.empty() ? "" : ": ") + refusal.description;
  if (refusal.redirected) return {FailureKind::kRedirected, words};
  if (refusal.at == rtmp::PublishState::kConnect) return {FailureKind::kConnectRejected, words};
  if (refusal.code == "NetStream.Publish.BadName") return {FailureKind::kAlreadyPublishing, words};
  return {FailureKind::kKeyRefused, words};
}

Failure from_early_close(rtmp::PublishState at) {
  if (at == rtmp::PublishState::kHandshake) return {FailureKind::kHandshake, {}};
  if (at == rtmp::PublishState::kConnect) return {FailureKind::kConnectRejected, {}};
  return {FailureKind::kPlatformClosed, {}};
}

Failure from_garbage(rtmp::ProtocolError error) {
  return {FailureKind::kGarbage, std::string(rtmp::sentence(error))};
}

control::Reason source_absent() {
  return control::make_reason("source_absent");
}
control::Reason source_ended(bool shown) {
  return control::make_reason(shown ? "source_ended" : "source_ended_waiting");
}
control::Reason source_broken(bool shown) {
  return control::make_reason(shown ? "source_broken" : "source_broken_waiting");
}
control::Reason source_silent() {
  return control::make_reason("source_silent");
}
control::Reason hold_over() {
  return control::make_reason("hold_over");
}
control::Reason show_ended() {
  return control::make_reason("show_ended");
}

}  // namespace sluice::relay
