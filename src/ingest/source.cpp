// See the header.
#include "ingest/source.hpp"

#include <algorithm>
#include <utility>

#include "os/wake.hpp"

namespace sluice::ingest {

Source::Source(boost::asio::io_context& io, SourceId id, ClipCallback on_clip)
    : id_(id), on_clip_(std::move(on_clip)), since_(WallClock::now()), timer_(io) {}

bool Source::has_ring_or_makes_one() {
  if (ring_) return true;
  auto ring = ring::Writer::create();
  if (ring) ring_ = std::move(*ring);
  return ring.has_value();
}

void Source::begin(PublisherInfo publisher, Instant now) {
  interrupt_recording();
  headers_ = {};
  key_frame_seen_ = false;
  publisher_ = std::move(publisher);
  since_ = WallClock::now();
  last_media_ = now;
  meter_.reset();
  ring_->begin_generation();
  due_ = Due::kNow;
  flush();
}

std::expected<void, ring::RingError> Source::write(const media::MessageView& message, Instant now) {
  const media::Traits traits = media::inspect(message);
  last_media_ = now;
  meter_.add(message, traits, now);
  const auto written = ring_->append(message, traits, now);
  if (!written) return std::unexpected(written.error());
  headers_.take(message, traits);
  key_frame_seen_ = key_frame_seen_ || (message.kind == media::MessageKind::kVideo && traits.is_key_frame);
  if (recording_) {
    recording_->recorder.add(message, traits, headers_, now);
    tell_of_recording();
  }
  const bool patient = message.kind == media::MessageKind::kAudio && !traits.is_sequence_header;
  due_ = std::max(due_, patient ? Due::kSoon : Due::kNow);
  return {};
}

void Source::record_clip(std::chrono::seconds length, Instant now) {
  recording_ = std::make_unique<Recording>(length, now);
}

void Source::interrupt_recording() {
  if (!recording_) return;
  recording_->recorder.interrupt();
  tell_of_recording();
}

void Source::tell_of_recording() {
  if (!recording_->recorder.result()) return;
  const auto recording = std::exchange(recording_, nullptr);
  const ClipRecorder::Result& result = *recording->recorder.result();
  control::ClipRecorded recorded{id_, std::string(result.problem), static_cast<int>(result.duration_ms),
                                 result.headers};
  UniqueFd file;
  if (recorded.problem.empty()) {
    file = recording->file.finish();
    if (!file) recorded.problem = "clip_too_large";
  }
  on_clip_(recorded, std::move(file));
}

void Source::flush() {
  if (due_ == Due::kNow) {
    wake_all();
  } else if (due_ == Due::kSoon && !timer_armed_) {
    timer_armed_ = true;
    timer_.expires_after(kAudioWait);
    // A timer that has just fired is called in spite of the source's end.
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
      if (!error && !alive.expired() && due_ != Due::kNothing) wake_all();
    });
  }
}

void Source::wake_all() {
  due_ = Due::kNothing;
  // Else it would soon wake this process for nothing, or the readers too early for what comes next.
  if (std::exchange(timer_armed_, false)) timer_.cancel();
  for (const auto& [reader, wake] : readers_) os::wake(wake.get());
  // A local reader may detach itself while it is told.
  const auto local_readers = local_readers_;
  for (LocalReader* reader : local_readers) reader->source_written();
}

void Source::end(bool cleanly) {
  interrupt_recording();
  publisher_.reset();
  since_ = WallClock::now();
  ring_->set_state(cleanly ? ring::SourceState::kEnded : ring::SourceState::kBroken);
  wake_all();
}

void Source::attach(std::int64_t reader, UniqueFd wake) {
  os::wake(wake.get());  // it may have missed what came before
  readers_[reader] = std::move(wake);
}
void Source::detach(std::int64_t reader) {
  readers_.erase(reader);
}

void Source::attach(LocalReader& reader) {
  local_readers_.push_back(&reader);
}
void Source::detach(LocalReader& reader) {
  std::erase(local_readers_, &reader);
}

control::SourceFacts Source::facts(Instant now) const {
  control::SourceFacts facts;
  facts.source = id_;
  facts.since_ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_.time_since_epoch()).count();
  facts.state = publisher_ ? "publishing" : "absent";
  if (!publisher_) return facts;
  const media::SourceStats stats = meter_.stats(now);
  facts.video_codec = media::codec_name(stats.video_codec);
  facts.audio_codec = media::codec_name(stats.audio_codec);
  facts.width = static_cast<int>(stats.width);
  facts.height = static_cast<int>(stats.height);
  facts.frame_rate = stats.frame_rate;
  facts.key_frame_interval_ms = static_cast<int>(stats.key_frame_interval_ms);
  facts.b_frames = stats.b_frames;
  facts.video_kbps = static_cast<int>(stats.video_kbps);
  facts.audio_kbps = static_cast<int>(stats.audio_kbps);
  facts.audio_sample_rate = static_cast<int>(stats.sample_rate);
  facts.audio_channels = stats.channels;
  facts.address = publisher_->address;
  facts.software = publisher_->software;
  if (key_frame_seen_) facts.headers = headers_.fingerprint();
  if (recording_) facts.clip_recorded_ms = static_cast<int>(recording_->recorder.recorded().count());
  facts.kept_out = takeovers_.kept_out(now);
  return facts;
}

}  // namespace sluice::ingest
