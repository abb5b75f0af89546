// See the header.
#include "sim/ingest.hpp"

#include "base/check.hpp"

namespace sluice::sim {

std::uint64_t Ingest::spawn() {
  serial_ = ++spawned_;
  return serial_;
}

void Ingest::die() {
  serial_ = 0;
  listening_ = false;
  ring_ = {};
  writer_.reset();
  attached_.reset();
  audio_waits_ = false;
}

void Ingest::begin() {
  SLUICE_CHECK(listening_);
  if (!writer_) {
    std::byte* const memory = pool_.take();
    ring_ = {++rings_, memory};
    writer_.emplace(memory, kRingDataBytes, ring_.id());
  }
  writer_->begin_generation();
  events_.on_new_ring();
  wake_all();
}

std::uint64_t Ingest::write(const media::MessageView& message) {
  const auto position = writer_->append(message, media::inspect(message), engine_.now());
  SLUICE_CHECK(position.has_value());
  if (message.kind != media::MessageKind::kAudio) {
    wake_all();
  } else if (!audio_waits_) {
    audio_waits_ = true;
    engine_.after(kAudioWait, EventKind::kAudioDue, 0, serial_);
  }
  return *position;
}

void Ingest::end(bool cleanly) {
  if (!writer_) return;
  writer_->set_state(cleanly ? ring::SourceState::kEnded : ring::SourceState::kBroken);
  wake_all();
}

void Ingest::audio_due(std::uint64_t serial) {
  if (serial == serial_ && audio_waits_) wake_all();
}

void Ingest::wake_all() {
  audio_waits_ = false;
  for (int stream = 1; stream <= kMaxRelays; ++stream) {
    if (attached_.test(static_cast<std::size_t>(stream))) events_.on_wake(stream);
  }
}

}  // namespace sluice::sim
