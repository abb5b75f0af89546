// One socket that the bare writer writes to: an RTMP publish at the bench's receiver, plain or over TLS. Runs
// in bench_limit.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "net/tls.hpp"
#include "net/transport.hpp"
#include "rtmp/publish_session.hpp"

namespace sluice::bench {

// Ends the program with the sentence on stderr.
[[noreturn]] void fail(std::string_view sentence);

class Destination {
 public:
  // `tls`: nullopt for plain RTMP. Returns when the receiver has let it publish, or ends the program.
  Destination(std::uint16_t port, const std::string& key, const std::optional<net::TlsOptions>& tls);

  int fd() const { return transport_->fd(); }
  // Cuts messages into chunks; what it puts out is the same for all destinations.
  rtmp::PublishSession& session() { return session_; }

  // Writes what the socket takes and keeps the rest.
  void send(ByteView chunks);
  void send_rest();
  bool has_rest() const { return !rest_.empty(); }
  // Acknowledgements, which nobody here wants.
  void drop_input();

 private:
  void publish(Instant deadline);
  // Returns what is left.
  ByteView write(ByteView bytes);

  std::unique_ptr<net::Transport> transport_;
  rtmp::PublishSession session_;
  Bytes rest_;
};

}  // namespace sluice::bench
