// A model of OBS: camera and microphone, its clock and the tricks that it plays, its connection to the
// ingest.
#pragma once

#include "sim/engine.hpp"
#include "sim/ingest.hpp"
#include "sim/truth.hpp"

namespace sluice::sim {

struct EncoderShape {
  Duration video_every{};
  Duration audio_every{};
  Duration audio_ahead{};  // before the video frame of the same number
  int frames_per_gop = 20;
  int disposable_every = 0;   // 0: none
  std::int64_t first_ms = 0;  // near a wrap, perhaps
  double jitter = 0;          // chance of a message whose time lies below its predecessor's
  Format format;              // of the first session
  bool has_sei = false;       // in front of its key frames

  double bytes_per_second() const;  // on the wire to a platform
};
EncoderShape random_encoder(Random& random, bool full_rate);

class Encoder {
 public:
  Encoder(Engine& engine, Ingest& ingest, Truth& truth, EncoderShape shape)
      : engine_(engine), ingest_(ingest), truth_(truth), shape_(shape), format_(shape.format) {}

  const EncoderShape& shape() const { return shape_; }
  // A key frame was sent, and nothing is in the way of what follows.
  bool publishing() const { return publishing_ && key_ != kNoNumber && engine_.now() >= silent_until_; }
  // Since its first key frame, or its last silence.
  Instant publishing_since() const { return since_; }
  std::uint32_t session() const { return session_; }

  void connect_after(Duration delay) { engine_.after(delay, EventKind::kEncoder, 0, ++plan_); }
  void on_connect(std::uint64_t plan);
  void on_frame(std::uint64_t session);
  void on_patience_over(std::uint64_t session);
  void stop(bool cleanly, Duration away, bool restart_clock);
  void jump(std::int64_t by_ms);
  void change_headers();
  // Its connection brings nothing for so long, then what could not be sent.
  void fall_silent(Duration time);
  // Another one publishes with the same key, while this one is there.
  void take_over();

 private:
  bool can_send() const;
  void begin_session();
  void send(Shape shape, std::int64_t capture_ms, int composition_frames = 0);
  void send_video(std::int64_t capture_ms);
  std::int64_t source_ms(std::int64_t capture_ms) const { return base_ms_ + capture_ms; }
  void schedule();

  Engine& engine_;
  Ingest& ingest_;
  Truth& truth_;
  EncoderShape shape_;
  Format format_;
  bool publishing_ = false;
  std::uint64_t ingest_serial_ = 0;  // to which process it is connected
  Instant since_{};
  Instant silent_until_{};
  bool drops_pictures_ = false;  // of a silence
  Instant last_sent_at_{};
  Instant burst_until_{};
  std::uint64_t plan_ = 0;
  std::uint32_t session_ = 0;
  std::uint32_t epoch_ = 0;
  bool restart_clock_ = true;
  std::int64_t base_ms_ = 0;  // source time of kStart
  Instant next_video_{};
  Instant next_audio_{};
  int frame_ = 0;  // of the group of pictures
  std::uint64_t video_header_ = kNoNumber;
  std::uint64_t audio_header_ = kNoNumber;
  std::uint64_t reference_ = kNoNumber;
  std::uint64_t key_ = kNoNumber;
  std::int64_t last_ms_[2] = {0, 0};  // audio, video: the highest so far
  Bytes payload_;
  std::uint32_t order_ = 0;
};

}  // namespace sluice::sim
