// See the header.
#include "sim/ingest.hpp"

#include "base/check.hpp"

namespace sluice::sim {

std::uint64_t Ingest::spawn() {
  serial_ = ++spawned_;
  return serial_;
}

void Ingest::die() {
  if (ring_.serial != 0 && facts_.back().presence == Presence::kPublishing) {
    facts_.back().become(Presence::kBroken, engine_.now());
    facts_.back().writer_died = true;
  }
  serial_ = 0;
  listening_ = false;
  ring_ = {};
  writer_.reset();
  attached_.reset();
  audio_waits_ = false;
}

void Ingest::begin(const Format& format) {
  SLUICE_CHECK(listening_);
  if (!writer_) {
    std::byte* const memory = pool_.take();
    facts_.emplace_back();
    ring_ = {static_cast<std::uint32_t>(facts_.size()), memory};
    writer_.emplace(memory, kRingDataBytes, ring_.id());
  }
  writer_->begin_generation();
  RingFacts& facts = facts_.back();
  facts.took_over = facts.presence == Presence::kPublishing && facts.has_key;
  facts.become(Presence::kPublishing, engine_.now());
  facts.format = format;
  facts.has_key = false;
  events_.on_new_ring();
  wake_all();
}

std::uint64_t Ingest::write(const media::MessageView& message) {
  const media::Traits traits = media::inspect(message);
  const auto position = writer_->append(message, traits, engine_.now());
  SLUICE_CHECK(position.has_value());
  const bool is_frame = message.kind != media::MessageKind::kData && !traits.is_sequence_header;
  if (is_frame) facts_.back().on_frame(traits.is_key_frame, engine_.now());
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
  facts_.back().become(cleanly ? Presence::kEnded : Presence::kBroken, engine_.now());
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
