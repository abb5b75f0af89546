// A clip of two seconds, as the ingest records one: 25 pictures a second, a key frame each second, two sounds
// with each picture, if there is a header for it.
#pragma once

#include <algorithm>
#include <memory>

#include "media/clip.hpp"
#include "media/flv.hpp"
#include "real_media.hpp"

namespace sluice::relay {

// Of the clip's pictures; the source's own in the tests have others.
inline constexpr std::uint8_t kClipMark = 200;

struct MadeClip {
  explicit MadeClip(const Bytes& avc = real_avc_header(), const Bytes& aac = real_aac_header()) {
    media::SequenceHeaders headers;
    const auto take = [&](media::MessageKind kind, const Bytes& payload) {
      const media::MessageView message{kind, 0, payload};
      headers.take(message, media::inspect(message));
    };
    take(media::MessageKind::kVideo, avc);
    if (!aac.empty()) take(media::MessageKind::kAudio, aac);
    file = media::clip_head(headers);
    for (std::uint32_t i = 0; i < 50; ++i) {
      const auto mark = static_cast<std::uint8_t>(kClipMark + i);
      const Bytes picture = i % 25 == 0 ? real_key_frame(mark, 80) : real_frame(mark, 80);
      media::append_flv_tag(file, {media::MessageKind::kVideo, i * 40, picture});
      if (aac.empty()) continue;
      for (const std::uint32_t ms : {i * 40, i * 40 + 20})
        media::append_flv_tag(file, {media::MessageKind::kAudio, ms, Bytes{0xAF, 1, mark}});
    }
    std::ranges::copy(media::clip_duration(2'000), file.begin() + media::kClipDurationAt);
    auto opened = media::Clip::open(
        [this](std::uint64_t offset, std::span<std::uint8_t> out) {
          if (offset + out.size() > readable) return false;
          std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
          return true;
        },
        file.size());
    clip = std::make_shared<const media::Clip>(std::move(opened).value());
  }
  MadeClip(const MadeClip&) = delete;
  MadeClip& operator=(const MadeClip&) = delete;

  Bytes file;
  std::size_t readable = ~std::size_t{0};  // bytes; what lies behind can no longer be read
  std::shared_ptr<const media::Clip> clip;
};

}  // namespace sluice::relay
