// Any bytes as the other side's handshake.
#include "base/check.hpp"
#include "pieces.hpp"
#include "rtmp/handshake.hpp"

namespace {

template <typename Handshake>
void run(Handshake& handshake, sluice::rtmp::OutputBuffer& out, sluice::ByteView input) {
  sluice::fuzz::in_pieces(input, [&](sluice::ByteView piece) {
    if (handshake.done()) return false;
    const auto used = handshake.feed(piece, out);
    SLUICE_CHECK(!used || *used <= piece.size());
    return used.has_value();
  });
  SLUICE_CHECK(out.size() <= 1 + 2 * sluice::rtmp::kHandshakeBlockBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::rtmp;
  const sluice::ByteView input(data, size);
  OutputBuffer server_out;
  ServerHandshake server{sluice::Instant{}};
  run(server, server_out, input);
  OutputBuffer client_out;
  ClientHandshake client{sluice::Instant{}, client_out};
  run(client, client_out, input);
  return 0;
}
