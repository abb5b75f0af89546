// A writer as fast as it can, readers beside it: no torn byte, no wrong order, whatever they miss.
// Two processes (the real thing), and two threads on one mapping (so that the thread sanitizer can judge).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "handmade_ring.hpp"
#include "ring/write_core.hpp"
#include "ring/writer.hpp"

namespace sluice::ring {
namespace {

constexpr std::uint32_t kRecords = 60'000;
constexpr std::uint32_t kKeyFrameEvery = 16;

// Size and bytes follow from the number alone, so that any mixture of two records shows.
std::size_t size_of(std::uint32_t number) {
  return number * 2654435761U % 3000;
}

void fill(std::uint32_t number, Bytes& payload) {
  payload.resize(size_of(number));
  std::uint32_t value = number * 2246822519U + 1;
  for (std::uint8_t& byte : payload) {
    value = value * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(value >> 24U);
  }
}

template <typename AnyWriter>
void write_all(AnyWriter& writer) {
  Bytes payload;
  for (std::uint32_t number = 0; number < kRecords; ++number) {
    fill(number, payload);
    const media::Traits traits{.is_key_frame = number % kKeyFrameEvery == 0};
    const media::MessageView message{media::MessageKind::kVideo, number, payload};
    if (!writer.append(message, traits, Clock::now())) std::abort();
  }
  writer.set_state(SourceState::kEnded);
}

struct Outcome {
  std::uint32_t read = 0, lapped = 0, torn = 0, out_of_order = 0, bad_entry = 0;
};

// Reads until the writer has ended and nothing is left.
template <typename NewestEntry, typename AnyReader>
Outcome read_all(const AnyReader& reader, const NewestEntry& newest_entry) {
  Outcome outcome;
  Position cursor = 0;
  Record record;
  Bytes expected;
  std::int64_t last = -1;
  bool at_entry = false;
  while (true) {
    const bool ended = reader.state() == SourceState::kEnded;
    const ReadResult result = reader.next(cursor, record);
    if (result == ReadResult::kMessage) {
      ++outcome.read;
      fill(record.timestamp_ms, expected);
      outcome.torn += record.payload != expected;
      outcome.out_of_order += at_entry ? record.timestamp_ms < last : record.timestamp_ms != last + 1;
      outcome.bad_entry += at_entry && !record.is_key_frame;
      last = record.timestamp_ms;
      at_entry = false;
    } else if (result == ReadResult::kLapped) {
      ++outcome.lapped;
      if (const std::optional<Entry> entry = newest_entry()) {
        cursor = entry->position;
        at_entry = true;
      }
    } else if (ended) {
      return outcome;
    } else {
      std::this_thread::yield();
    }
  }
}

void expect_clean(const Outcome& outcome) {
  EXPECT_GT(outcome.read, 0U);
  EXPECT_EQ(outcome.torn, 0U);
  EXPECT_EQ(outcome.out_of_order, 0U);
  EXPECT_EQ(outcome.bad_entry, 0U);
}

// Ends a child with 0 only if what it saw was clean; no gtest in the child.
pid_t fork_reader(int fd) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const auto reader = Reader::open(fd);
  if (!reader) ::_exit(2);
  const Outcome outcome = read_all(*reader, [&] { return reader->newest_entry(); });
  ::_exit(outcome.read > 0 && outcome.torn + outcome.out_of_order + outcome.bad_entry == 0 ? 0 : 1);
}

TEST(RingStress, readers_in_other_processes_never_see_a_torn_or_misplaced_message) {
  auto writer = Writer::create(kSmallRing).value();
  writer.begin_generation();
  std::vector<pid_t> readers;
  for (int i = 0; i < 3; ++i) readers.push_back(fork_reader(writer.fd()));
  write_all(writer);
  for (const pid_t pid : readers) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

TEST(RingStress, threads_on_one_mapping_never_see_a_torn_or_misplaced_message) {
  auto fd = os::create_shared_memory("stress", kHeadBytes + kSmallRing).value();
  const auto mapping =
      os::Mapping::map_ring(fd.get(), kHeadBytes, kSmallRing, os::Access::kReadWrite).value();
  WriteCore writer(mapping.data(), kSmallRing, RingId{});
  writer.begin_generation();
  std::array<Outcome, 2> outcomes;
  std::vector<std::thread> readers;
  for (Outcome& outcome : outcomes) {
    readers.emplace_back([&] {
      const ReadCore reader(mapping.data(), kSmallRing);
      outcome = read_all(reader, [&] { return reader.newest_entry_until(~Position{0}); });
    });
  }
  write_all(writer);
  for (std::thread& reader : readers) reader.join();
  for (const Outcome& outcome : outcomes) expect_clean(outcome);
}

TEST(RingStress, stored_headers_are_whole_while_they_change_and_fit_an_entry_that_is_current) {
  constexpr std::uint32_t kChanges = 20'000;
  auto fd = os::create_shared_memory("stress", kHeadBytes + kSmallRing).value();
  const auto mapping =
      os::Mapping::map_ring(fd.get(), kHeadBytes, kSmallRing, os::Access::kReadWrite).value();
  WriteCore writer(mapping.data(), kSmallRing, RingId{});
  writer.begin_generation();
  std::uint32_t torn = 0;
  std::uint32_t misfit = 0;
  std::thread reading([&] {
    const ReadCore reader(mapping.data(), kSmallRing);
    Bytes expected;
    Record record;
    while (reader.state() == SourceState::kPublishing) {
      const auto entry = reader.newest_entry_until(~Position{0});
      const auto stored = reader.stored_messages();
      for (const StoredMessage& message : stored) {
        fill(message.timestamp_ms, expected);
        torn += message.payload != expected;
      }
      if (!entry) continue;
      Position cursor = entry->position;
      const bool was_read = reader.next(cursor, record) == ReadResult::kMessage;
      // A key frame carries the number of the header it needs.
      if (was_read && reader.is_current(*entry)) {
        misfit += stored.empty() || stored.front().timestamp_ms != record.timestamp_ms;
      }
    }
  });
  Bytes payload;
  for (std::uint32_t number = 0; number < kChanges; ++number) {
    fill(number, payload);
    const media::MessageView message{media::MessageKind::kVideo, number, payload};
    ASSERT_TRUE(writer.append(message, {.is_sequence_header = true}, Instant{}));
    ASSERT_TRUE(writer.append(message, {.is_key_frame = true}, Instant{}));
  }
  writer.set_state(SourceState::kEnded);
  reading.join();
  EXPECT_EQ(torn, 0U);
  EXPECT_EQ(misfit, 0U);
}

}  // namespace
}  // namespace sluice::ring
