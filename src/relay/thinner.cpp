// See the header.
#include "relay/thinner.hpp"

#include <algorithm>

#include "media/avc.hpp"
#include "media/reference.hpp"
#include "relay/timeline.hpp"

namespace sluice::relay {
namespace {

std::uint32_t shown_at(const ring::Record& record, const media::Traits& traits) {
  return record.timestamp_ms + static_cast<std::uint32_t>(traits.composition_ms);
}

bool is_before(std::uint32_t a_ms, std::uint32_t b_ms) {
  return static_cast<std::int32_t>(a_ms - b_ms) < 0;
}

}  // namespace

void Thinner::begin() {
  for (Picture& picture : pictures_) {
    picture.broken = false;
    picture.mended_at.reset();
  }
  skip_until_ = cut_until_ = 0;
}

Thinner::Picture& Thinner::picture(std::uint8_t track) {
  const auto found = std::ranges::find(pictures_, track, &Picture::track);
  if (found != pictures_.end()) return *found;
  if (pictures_.size() == kMaxTracks) return pictures_.back();
  return pictures_.emplace_back(Picture{.track = track, .mended_at = std::nullopt});
}

void Thinner::note_header(const media::MessageView& message, const media::Traits& traits) {
  if (traits.codec != media::Codec::kAvc || !traits.is_sequence_header) return;
  const auto avc = media::parse_avc_configuration(media::media_body(message));
  if (avc) picture(traits.track).nal_length_bytes = avc->nal_length_bytes;
}

bool Thinner::keeps(const ring::Record& record, const media::Traits& traits, Duration late,
                    const MessageSource& source) {
  if (late >= kLateJump) {
    if (const auto newest = source.newest_entry()) {
      skip_until_ = std::max(skip_until_, newest->position);
      if (late >= kLateCut) cut_until_ = skip_until_;
    }
  }
  if (record.kind == media::MessageKind::kVideo) {
    const bool kept = keeps_picture(record, traits, late);
    if (!kept) ++dropped_video_;
    return kept;
  }
  const bool cut = record.position < cut_until_;
  if (cut) ++dropped_audio_;
  return !cut;
}

// A frame stamped before the key frame is not shown early: the source's clock has gone back.
bool Thinner::is_leading(const Picture& picture, const Moment& moment) {
  return picture.mended_at && is_before(moment.shown_ms, picture.mended_at->shown_ms) &&
         !is_before(moment.sent_ms, picture.mended_at->sent_ms);
}

bool Thinner::keeps_picture(const ring::Record& record, const media::Traits& traits, Duration late) {
  Picture& picture = this->picture(traits.track);
  const bool skipped = record.position < skip_until_;
  if (traits.is_key_frame && !skipped) {
    picture.mended_at.reset();
    if (picture.broken) picture.mended_at = Moment{record.timestamp_ms, shown_at(record, traits)};
    picture.broken = false;
    return true;
  }
  if (skipped || late >= kLateSkip) picture.broken = true;
  if (picture.broken) return false;
  if (is_leading(picture, {record.timestamp_ms, shown_at(record, traits)})) return false;
  return late < kLateThin || !media::is_unreferenced(record.view(), traits, picture.nal_length_bytes);
}

}  // namespace sluice::relay
