// See the header.
#include "sim/encoder.hpp"

#include <algorithm>
#include <utility>

namespace sluice::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kKeyFiller = 140;
constexpr std::size_t kFrameFiller = 24;
constexpr std::size_t kAudioFiller = 8;
constexpr double kChunkHeaderBytes = 8;
// As ingest::Source's: a connection that brings nothing for longer is closed.
constexpr Duration kPatience = seconds{15};

Format random_format(Random& random) {
  constexpr Picture pictures[] = {Picture::kMain, Picture::kMain,       Picture::kHigh, Picture::kHigh,
                                  Picture::kWide, Picture::kInterlaced, Picture::kHevc};
  constexpr Sound sounds[] = {Sound::kStereo, Sound::kStereo, Sound::kMono, Sound::kSurround};
  return {pictures[random.between(0, 6)], sounds[random.between(0, 3)]};
}

std::int64_t since_start_ms(Instant at) {
  return std::chrono::duration_cast<milliseconds>(at - kStart).count();
}

std::size_t filler_of(Shape shape) {
  if (shape == Shape::kKeyFrame) return kKeyFiller;
  if (shape == Shape::kFrame || shape == Shape::kDisposable) return kFrameFiller;
  return kAudioFiller;
}

}  // namespace

double EncoderShape::bytes_per_second() const {
  const double frames = 1 / std::chrono::duration<double>(video_every).count();
  const double sounds = 1 / std::chrono::duration<double>(audio_every).count();
  const double key_extra = static_cast<double>(kKeyFiller - kFrameFiller) / frames_per_gop;
  return frames * (kChunkHeaderBytes + 24 + kFrameFiller + key_extra) +
         sounds * (kChunkHeaderBytes + 16 + kAudioFiller);
}

EncoderShape random_encoder(Random& random, bool full_rate) {
  constexpr std::int64_t wraps[] = {0, 0, std::int64_t{1} << 24, std::int64_t{1} << 31,
                                    std::int64_t{1} << 32};
  EncoderShape shape;
  shape.video_every = full_rate ? microseconds{33'333} : microseconds{100'000};
  shape.audio_every = full_rate ? microseconds{21'333} : microseconds{100'000};
  const bool close = random.chance(0.7);
  shape.audio_ahead = close ? random.between(milliseconds{2}, milliseconds{20})
                            : random.between(milliseconds{-60}, milliseconds{90});
  const auto gop = random.between(milliseconds{1000}, milliseconds{2000});
  shape.frames_per_gop = static_cast<int>(gop / shape.video_every);
  shape.disposable_every = static_cast<int>(random.between(0, 3));
  const std::int64_t wrap = wraps[random.between(0, 4)];
  shape.first_ms = wrap == 0 ? 0 : wrap - random.between(1'000, 500'000);
  if (random.chance(0.3)) shape.jitter = 0.01;
  shape.format = random_format(random);
  shape.has_sei = is_avc(shape.format.picture) && random.chance(0.5);
  return shape;
}

void Encoder::on_connect(std::uint64_t plan) {
  if (plan != plan_ || publishing_) return;
  if (!ingest_.listening()) {
    connect_after(engine_.random().between(milliseconds{300}, milliseconds{2000}));
    return;
  }
  begin_session();
}

void Encoder::begin_session() {
  Random& random = engine_.random();
  publishing_ = true;
  ingest_serial_ = ingest_.serial();
  silent_until_ = engine_.now();
  ++session_;
  if (restart_clock_) {
    base_ms_ = shape_.first_ms - since_start_ms(engine_.now());
    shape_.first_ms = 0;  // a second start is from 0
    ++epoch_;
  }
  restart_clock_ = random.chance(0.5);
  if (session_ > 1 && random.chance(0.15)) format_ = random_format(random);
  engine_.note("encoder publishes, session and first time", 0, session_,
               source_ms(since_start_ms(engine_.now())));
  ingest_.begin(format_);
  key_ = reference_ = video_header_ = audio_header_ = kNoNumber;
  const std::int64_t now_ms = since_start_ms(engine_.now());
  last_ms_[0] = last_ms_[1] = source_ms(now_ms) - 1;
  send(Shape::kMetadata, now_ms);
  send(Shape::kVideoHeader, now_ms);
  send(Shape::kAudioHeader, now_ms);
  // Now and then the first picture is no key frame, or late.
  frame_ = random.chance(0.2) ? static_cast<int>(random.between(1, shape_.frames_per_gop)) : 0;
  next_video_ = engine_.now() + milliseconds{1};
  next_audio_ = std::max(engine_.now(), next_video_ - shape_.audio_ahead);
  if (random.chance(0.15)) {
    next_video_ += random.between(milliseconds{100}, milliseconds{6000});
    if (random.chance(0.5)) next_audio_ = next_video_;
  }
  schedule();
}

void Encoder::schedule() {
  engine_.at(std::min(next_video_, next_audio_), EventKind::kFrame, 0, session_);
}

void Encoder::on_frame(std::uint64_t session) {
  if (session != session_ || !publishing_) return;
  if (ingest_.serial() != ingest_serial_) {
    publishing_ = false;
    connect_after(engine_.random().between(milliseconds{0}, milliseconds{3000}));
    return;
  }
  if (engine_.now() < silent_until_) {
    engine_.at(silent_until_, EventKind::kFrame, 0, session_);
    return;
  }
  if (std::exchange(drops_pictures_, false)) {
    next_video_ = engine_.now();
    frame_ = 0;
  }
  if (next_audio_ <= next_video_) {
    const Instant capture = next_audio_;
    next_audio_ += shape_.audio_every;
    send(Shape::kAudio, since_start_ms(capture));
  } else {
    const Instant capture = next_video_;
    next_video_ += shape_.video_every;
    send_video(since_start_ms(capture));
  }
  schedule();
}

void Encoder::send_video(std::int64_t capture_ms) {
  const int frame = frame_++ % shape_.frames_per_gop;
  const auto is_disposable = [this](int number) {
    return shape_.disposable_every > 0 && number % (shape_.disposable_every + 1) == 1;
  };
  // With B-frames everything is shown one frame later than it is decoded. A disposable one is shown before
  // its predecessor, unless that is the key frame.
  const int delay = shape_.disposable_every > 0 ? 1 : 0;
  if (frame == 0) return send(Shape::kKeyFrame, capture_ms, delay);
  if (is_disposable(frame)) return send(Shape::kDisposable, capture_ms, frame == 1 ? delay : 0);
  const bool steps_aside = frame + 1 < shape_.frames_per_gop && is_disposable(frame + 1);
  send(Shape::kFrame, capture_ms, steps_aside ? 2 : delay);
}

void Encoder::send(Shape shape, std::int64_t capture_ms, int composition_frames) {
  Sent sent;
  const std::uint64_t number = truth_.next_number();
  sent.kind = kind_of(shape);
  sent.is_key = shape == Shape::kKeyFrame;
  sent.is_header = shape == Shape::kVideoHeader || shape == Shape::kAudioHeader;
  sent.is_disposable = shape == Shape::kDisposable;
  sent.session = session_;
  sent.ring = ingest_.ring().serial;
  sent.epoch = epoch_;
  sent.capture_ms = capture_ms;
  sent.source_ms = source_ms(capture_ms);
  const bool is_media = sent.kind != media::MessageKind::kData && !sent.is_header;
  if (is_media) {
    std::int64_t& highest = last_ms_[sent.kind == media::MessageKind::kVideo ? 1 : 0];
    if (shape_.jitter > 0 && !sent.is_key && engine_.random().chance(shape_.jitter)) {
      sent.source_ms -= engine_.random().between(1, 250);
    }
    sent.is_out_of_order = sent.source_ms < highest;
    highest = std::max(highest, sent.source_ms);
  }
  if (sent.is_key && key_ == kNoNumber) since_ = engine_.now();
  if (sent.is_key) key_ = reference_ = number;
  if (shape == Shape::kVideoHeader) video_header_ = number;
  if (shape == Shape::kAudioHeader) audio_header_ = number;
  sent.video_header = video_header_;
  sent.audio_header = audio_header_;
  if (shape == Shape::kFrame || shape == Shape::kDisposable) sent.reference = reference_;
  if (shape == Shape::kFrame && reference_ != kNoNumber) reference_ = number;
  sent.key = key_;
  sent.arrival = engine_.now();
  const Duration gap = engine_.now() - std::exchange(last_sent_at_, engine_.now());
  if (gap > milliseconds{500}) burst_until_ = engine_.now() + gap / 4;
  sent.is_in_burst = engine_.now() <= burst_until_;

  sent.format = format_;
  sent.composition_ms = static_cast<std::int32_t>(composition_frames * shape_.video_every / milliseconds{1});
  if (sent.is_key) sent.order = order_ = (order_ + 2) % 16;
  Making making{shape, format_, number, filler_of(shape), sent.composition_ms, sent.order, false};
  if (sent.is_key) {
    making.has_sei = shape_.has_sei && has_copies(format_.picture);
    Making without = making;
    without.has_sei = false;
    make_payload(payload_, without);
    sent.hold_hash = hash_of(payload_);
  }
  make_payload(payload_, making);
  sent.hash = hash_of(payload_);
  truth_.add(sent);
  // OBS stamps headers 0.
  const bool stamped = is_media || sent.source_ms % 2 == 0;
  engine_.trace("source, number and time", 0, static_cast<std::int64_t>(number), sent.source_ms);
  ingest_.write({sent.kind, stamped ? static_cast<std::uint32_t>(sent.source_ms) : 0U, payload_});
}

bool Encoder::can_send() const {
  return publishing_ && ingest_.serial() == ingest_serial_ && engine_.now() >= silent_until_;
}

void Encoder::stop(bool cleanly, Duration away, bool restart_clock) {
  if (!publishing_) return;
  engine_.note(cleanly ? "encoder stops" : "encoder breaks off", 0, session_);
  publishing_ = false;
  restart_clock_ = restart_clock;
  if (ingest_.serial() == ingest_serial_) ingest_.end(cleanly);
  connect_after(away);
}

void Encoder::fall_silent(Duration time) {
  if (!can_send()) return;
  engine_.note("encoder falls silent, ms", 0, time / milliseconds{1});
  silent_until_ = since_ = engine_.now() + time;
  drops_pictures_ = engine_.random().chance(0.3);
  if (time > kPatience) engine_.after(kPatience, EventKind::kPatienceOver, 0, session_);
}

// The ingest has closed its connection; it calls again when the line is back.
void Encoder::on_patience_over(std::uint64_t session) {
  if (session != session_ || !publishing_ || engine_.now() >= silent_until_) return;
  stop(false, silent_until_ - engine_.now(), engine_.random().chance(0.3));
}

void Encoder::take_over() {
  if (!publishing_ || ingest_.serial() != ingest_serial_) return;
  engine_.note("another encoder takes over");
  restart_clock_ = engine_.random().chance(0.8);
  begin_session();
}

void Encoder::jump(std::int64_t by_ms) {
  if (!can_send()) return;
  engine_.note("encoder's clock jumps, ms", 0, by_ms);
  base_ms_ += by_ms;
  ++epoch_;
  for (std::int64_t& highest : last_ms_) highest += by_ms;
}

void Encoder::change_headers() {
  if (!can_send()) return;
  engine_.note("encoder sends new sequence headers");
  const std::int64_t now_ms = since_start_ms(engine_.now());
  send(Shape::kVideoHeader, now_ms);
  if (engine_.random().chance(0.5)) send(Shape::kAudioHeader, now_ms);
  frame_ = 0;  // what follows a new configuration is a key frame
}

}  // namespace sluice::sim
