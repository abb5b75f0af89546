// A relay in the steady state takes no memory: neither per message nor per key frame. A program of its own,
// since it counts every allocation there is.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <vector>

#include "machine_fixture.hpp"
#include "media/inspect.hpp"
#include "relay/ring_source.hpp"
#include "ring/writer.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sluice::relay {
namespace {

constexpr std::size_t kKeyFrameBytes = 200'000;
constexpr std::size_t kFrameBytes = 25'000;
constexpr std::size_t kSoundBytes = 400;

// Several machines in one process, as in a pack, all live, reading a real ring.
class SteadyState : public testing::TestWithParam<std::size_t> {
 protected:
  SteadyState() {
    const bool many = GetParam() > 1;
    source_.emplace(std::move(*ring::Reader::open(writer_.fd())),
                    many ? RingSource::Readers::kMany : RingSource::Readers::kOne);
    for (std::size_t i = 0; i < GetParam(); ++i) {
      machines_.push_back(
          std::make_unique<Machine>(rtmp::PublishTarget{"app", "rtmp://host/app", Secret{"key"}}, i, now_));
      machines_.back()->use_source(&*source_, now_);
    }
  }

  void write(media::MessageKind kind, Bytes& payload) {
    const media::MessageView message{kind, static_cast<std::uint32_t>(ms_), payload};
    ASSERT_TRUE(writer_.append(message, media::inspect(message), now_));
  }
  static Bytes coded(std::uint8_t first, std::size_t bytes) {
    Bytes payload(bytes, 0x5a);
    payload[0] = first;
    payload[1] = 1;
    return payload;
  }

  void go_live() {
    writer_.begin_generation();
    Bytes header = avc_header();
    write(media::MessageKind::kVideo, header);
    write(media::MessageKind::kVideo, key_frame_);
    for (auto& machine : machines_) {
      machine->source_woken(now_);
      ASSERT_EQ(machine->take_wish(), Wish::kConnect);
      machine->connected(now_);
      Platform platform(Platform::Answer::kAccept, now_);
      for (int turn = 0; turn < 10; ++turn) {
        while (!machine->output().empty()) {
          const Bytes bytes(machine->output().begin(), machine->output().end());
          machine->sent(bytes.size(), now_);
          ASSERT_TRUE(platform.session().feed(bytes, now_));
        }
        const Bytes back(platform.session().output().begin(), platform.session().output().end());
        platform.session().consume_output(back.size());
        machine->received(back, now_);
      }
      ASSERT_EQ(machine->status().state, StreamState::kLive);
    }
  }

  // One second; the kernel takes everything at once.
  void play_second() {
    for (int frame = 0; frame < 30; ++frame) {
      now_ += 33ms;
      ms_ += 33;
      write(media::MessageKind::kAudio, sound_);
      write(media::MessageKind::kVideo, frame == 0 ? key_frame_ : frame_);
      for (auto& machine : machines_) {
        machine->source_woken(now_);
        std::array<ByteView, 64> pieces;
        while (const std::size_t count = machine->gather_output(pieces)) {
          std::size_t bytes = 0;
          for (const ByteView piece : std::span(pieces).first(count)) bytes += piece.size();
          sent_bytes_ += bytes;
          machine->sent(bytes, now_);
        }
      }
    }
  }

  Instant now_ = Instant{} + 1h;
  std::int64_t ms_ = 0;
  Bytes key_frame_ = coded(0x17, kKeyFrameBytes);
  Bytes frame_ = coded(0x27, kFrameBytes);
  Bytes sound_ = coded(0xaf, kSoundBytes);
  ring::Writer writer_ = std::move(*ring::Writer::create(4U << 20U));
  std::optional<RingSource> source_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::size_t sent_bytes_ = 0;
};

TEST_P(SteadyState, allocates_nothing_per_message_or_key_frame) {
  go_live();
  for (int second = 0; second < 3; ++second) play_second();  // everything has found its size
  sent_bytes_ = 0;
  const std::size_t before = allocations;
  ASSERT_GT(before, 0U);
  for (int second = 0; second < 10; ++second) play_second();
  EXPECT_EQ(allocations - before, 0U);
  const std::size_t payload = 10 * (kKeyFrameBytes + 29 * kFrameBytes + 30 * kSoundBytes);
  EXPECT_GT(sent_bytes_, GetParam() * payload);
}

INSTANTIATE_TEST_SUITE_P(Streams, SteadyState, testing::Values(1, 5));

}  // namespace
}  // namespace sluice::relay
