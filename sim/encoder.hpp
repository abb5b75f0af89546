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

  double bytes_per_second() const;  // on the wire to a platform
};
EncoderShape random_encoder(Random& random, bool full_rate);

class Encoder {
 public:
  Encoder(Engine& engine, Ingest& ingest, Truth& truth, EncoderShape shape)
      : engine_(engine), ingest_(ingest), truth_(truth), shape_(shape) {}

  const EncoderShape& shape() const { return shape_; }
  bool publishing() const { return publishing_; }
  // Of the session that runs: the instant of its first key frame.
  Instant publishing_since() const { return since_; }
  std::uint32_t session() const { return session_; }

  void connect_after(Duration delay) { engine_.after(delay, EventKind::kEncoder, 0, ++plan_); }
  void on_connect(std::uint64_t plan);
  void on_frame(std::uint64_t session);
  void stop(bool cleanly, Duration away, bool restart_clock);
  void jump(std::int64_t by_ms);
  void change_headers();
  void be_tidy() { shape_.jitter = 0; }

 private:
  void send(Shape shape, std::int64_t capture_ms);
  void send_video(std::int64_t capture_ms);
  std::int64_t source_ms(std::int64_t capture_ms) const { return base_ms_ + capture_ms; }
  void schedule();

  Engine& engine_;
  Ingest& ingest_;
  Truth& truth_;
  EncoderShape shape_;
  bool publishing_ = false;
  std::uint64_t ingest_serial_ = 0;  // to which process it is connected
  Instant since_{};
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
};

}  // namespace sluice::sim
