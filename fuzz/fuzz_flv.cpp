// Any bytes as an FLV file; what is read is written and read again.
#include "base/check.hpp"
#include "media/flv.hpp"
#include "media/inspect.hpp"
#include "pieces.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  media::FlvReader reader;
  fuzz::in_pieces({data, size}, [&](ByteView piece) {
    reader.feed(piece);
    for (;;) {
      const auto next = reader.next();
      if (!next) return false;
      if (!*next) return true;
      Bytes file;
      media::append_flv_header(file, true, true);
      media::append_flv_tag(file, **next);
      media::FlvReader again;
      again.feed(file);
      const auto back = again.next();
      SLUICE_CHECK(back && *back && (*back)->timestamp_ms == (*next)->timestamp_ms);
    }
  });
  return 0;
}
