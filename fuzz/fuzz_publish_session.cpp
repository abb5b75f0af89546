// A hostile platform. The first byte cuts the input; a valid handshake goes in front.
#include "base/check.hpp"
#include "pieces.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/publish_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  constexpr std::string_view kKey = "canary-key-0123456789";
  rtmp::PublishSession session({"live", "rtmp://h/live", Secret(std::string(kKey))}, Instant{});
  Bytes handshake(1 + 2 * rtmp::kHandshakeBlockBytes);
  handshake[0] = 3;
  SLUICE_CHECK(session.feed(handshake, Instant{}));
  fuzz::in_pieces({data, size}, [&](ByteView piece) {
    if (!session.feed(piece, Instant{})) return false;
    if (session.state() == rtmp::PublishState::kStreaming)
      session.send({media::MessageKind::kVideo, 1, piece});
    return true;
  });
  // Replies are bounded by what came in.
  SLUICE_CHECK(session.output().size() <= 16'384 + 4 * size);
  if (session.state() == rtmp::PublishState::kRefused ||
      session.state() == rtmp::PublishState::kClosedByPeer) {
    SLUICE_CHECK(session.refusal().description.size() <= rtmp::kMaxRefusalTextBytes);
    SLUICE_CHECK(!session.refusal().description.contains(kKey));
    SLUICE_CHECK(!session.refusal().code.contains(kKey));
  } else if (session.state() == rtmp::PublishState::kStreaming) {
    session.finish();
  }
  return 0;
}
