// A hostile publisher or player. The first byte cuts the input, the second chooses the owner's answer; a
// valid handshake goes in front, so that no mutation is spent on it.
#include "base/check.hpp"
#include "media/inspect.hpp"
#include "pieces.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/server_session.hpp"

namespace {

using namespace sluice;

struct Owner final : rtmp::ServerEvents {
  explicit Owner(std::uint8_t how) : answer(how) {}
  void on_publish(const rtmp::PeerRequest&) override { decide(); }
  void on_play(const rtmp::PeerRequest&) override { decide(); }
  void on_media(const media::MessageView& message) override {
    SLUICE_CHECK(session.publishing());
    media::inspect(message);
  }
  void on_unpublish() override { SLUICE_CHECK(!session.publishing()); }
  void on_play_stop() override { SLUICE_CHECK(!session.playing()); }
  void decide() {
    open = true;
    if (answer % 4 < 2) settle();
  }
  void settle() {
    open = false;
    if (answer % 2 == 0) {
      session.accept();
    } else {
      session.refuse(rtmp::Refusal::kInUse);
    }
  }
  std::uint8_t answer;
  bool open = false;
  rtmp::ServerSession session{*this, Instant{}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Owner owner(data[1]);
  Bytes handshake(1 + 2 * rtmp::kHandshakeBlockBytes);
  handshake[0] = 3;
  SLUICE_CHECK(owner.session.feed(handshake, Instant{}));
  Bytes input{data[0]};
  append(input, ByteView(data, size).subspan(2));
  fuzz::in_pieces(input, [&](ByteView piece) {
    const bool good = owner.session.feed(piece, Instant{}).has_value();
    if (good && owner.open) owner.settle();
    if (good && owner.session.playing()) owner.session.send({media::MessageKind::kData, 0, piece});
    owner.session.consume_output(owner.session.output().size() / 2);
    return good;
  });
  return 0;
}
