// One publisher connected to the bench's receiver. Runs in bench_sink.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "rtmp/server_session.hpp"
#include "tally.hpp"
#include "tls_server.hpp"

namespace sluice::bench {

// By "APP/KEY" as published; a name's tally goes on when it connects again. The keys of a bench are no
// secrets.
using Tallies = std::map<std::string, Tally>;

// Prints its life as JSON lines: open, publish, first_key, close, each with its time in ns.
class SinkConnection : private rtmp::ServerEvents {
 public:
  // `tls`: null for plain RTMP.
  SinkConnection(UniqueFd socket, int number, Tallies& tallies, SSL_CTX* tls, Check check);

  int fd() const { return socket_.get(); }
  bool wants_write() const { return !session_.output().empty() || (tls_ && !tls_->output().empty()); }

  // Takes what the socket holds and notes the time. Separate from process(), so that no connection's arrival
  // is noted late because another one's frames are being decrypted and looked at.
  void receive();
  // False: the connection is over.
  bool process();

 private:
  void on_publish(const rtmp::PeerRequest& request) override;
  void on_play(const rtmp::PeerRequest& request) override;
  void on_media(const media::MessageView& message) override;
  void on_unpublish() override { said_goodbye_ = true; }
  void on_play_stop() override {}

  bool take_in(ByteView bytes);
  bool flush();
  bool encrypt();
  // False: the peer is gone.
  template <typename Output>
  bool send(Output& from);
  void print_event(const char* event, std::uint64_t ns, const std::string& more = {}) const;
  bool close(const char* how);

  UniqueFd socket_;
  int number_;
  Tallies& tallies_;
  Check check_;
  std::optional<TlsServer> tls_;
  Bytes decrypted_;
  rtmp::ServerSession session_;
  std::string name_;
  Tally* tally_ = nullptr;  // once it publishes
  bool saw_key_frame_ = false;
  bool said_goodbye_ = false;

  std::vector<std::uint8_t> buffer_;
  std::size_t received_ = 0;  // bytes at the front of buffer_ not yet processed
  std::uint64_t arrived_ns_ = 0;
  const char* ended_ = nullptr;  // how, once the peer has closed
};

}  // namespace sluice::bench
